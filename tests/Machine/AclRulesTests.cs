using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Machines;

public class AclRulesTests
{
    private static readonly byte[] FromLocalhost = AclBytes.Identities(("ip", "127.0.0.1"));
    private static readonly byte[] Bob = AclBytes.Identities(("ip", "127.0.0.1"), ("digest", "bob:x"));

    // The cases of the transcript acl_invalid, in its order; the IPv6 literal is accepted here, which it is not in 3.8.
    [Theory]
    [InlineData("world", "somebody", false)]
    [InlineData("auth", "", false)]
    [InlineData("nosuch", "x", false)]
    [InlineData("digest", "nocolon", false)]
    [InlineData("digest", "a:b", true)]
    [InlineData("digest", "a:b:c", false)]
    [InlineData("digest", ":", false)]
    [InlineData("ip", "127.0.0.1", true)]
    [InlineData("ip", "127.0.0.0/8", true)]
    [InlineData("ip", "127.0.0.1/33", false)]
    [InlineData("ip", "127.0.0.1/-1", false)]
    [InlineData("ip", "127.0.0.1/", false)]
    [InlineData("ip", "127.0.0.1/8/8", false)]
    [InlineData("ip", "300.0.0.1", false)]
    [InlineData("ip", "host", false)]
    [InlineData("ip", "1.2.3", false)]
    [InlineData("ip", "::1", true)]
    [InlineData("x509", "CN=x", false)]
    [InlineData("sasl", "x", false)]
    [InlineData("super", "x", false)]
    [InlineData(null, "x", false)]
    [InlineData("", "", false)]
    [InlineData("world", "anyone", true)]
    // Beyond the transcript.
    [InlineData("digest", ":b", true)]
    [InlineData("digest", "a:", false)]
    [InlineData("digest", "a:b:", true)]
    [InlineData("digest", "a::b", false)]
    [InlineData("world", null, false)]
    [InlineData("digest", null, false)]
    [InlineData("ip", "2001:db8::/129", false)]
    public void A_scheme_judges_the_form_of_its_id(string? scheme, string? id, bool accepted)
    {
        var expected = accepted ? [(31, scheme!, id!)] : Array.Empty<(int, string, string)>();
        Assert.Equal(expected, Fix([(31, scheme, id)], FromLocalhost));
    }

    [Fact]
    public void An_empty_and_a_null_list_are_refused()
    {
        Assert.Empty(Fix([], Bob));
        var arena = new Arena();
        var reader = new JuteReader([0xFF, 0xFF, 0xFF, 0xFF]);
        Assert.Equal(ErrorCode.InvalidAcl, AclRules.Fix(AclList.Read(ref reader), Bob, Rules.None, new(arena)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(-1)]
    public void Permission_bits_are_stored_as_given(int permissions) =>
        Assert.Equal([(permissions, "world", "anyone")], Fix([(permissions, "world", "anyone")], FromLocalhost));

    [Fact]
    public void Equal_entries_are_kept_once_at_their_first_place() =>
        Assert.Equal([(31, "world", "anyone"), (1, "world", "anyone")],
            Fix([(31, "world", "anyone"), (31, "world", "anyone"), (1, "world", "anyone"), (31, "world", "anyone")], FromLocalhost));

    [Fact]
    public void An_auth_entry_becomes_one_entry_per_proven_identity_in_its_place()
    {
        var both = AclBytes.Identities(("digest", "bob:x"), ("ip", "127.0.0.1"), ("x509", "CN=al"));
        Assert.Equal([(5, "digest", "bob:x"), (5, "x509", "CN=al"), (1, "world", "anyone")],
            Fix([(5, "auth", "whatever"), (1, "world", "anyone")], both));
    }

    [Fact]
    public void An_auth_entry_of_the_super_user_expands_to_the_digest_identity_only()
    {
        var super = AclBytes.Identities(("ip", "127.0.0.1"), ("digest", "super:h"), ("super", ""));
        Assert.Equal([(31, "digest", "super:h")], Fix([(31, "auth", "")], super));
    }

    [Fact]
    public void Entries_that_become_equal_by_expansion_all_stay() =>
        Assert.Equal([(1, "digest", "bob:x"), (1, "digest", "bob:x"), (1, "digest", "bob:x")],
            Fix([(1, "auth", ""), (1, "auth", "x"), (1, "digest", "bob:x")], Bob));

    [Fact]
    public void One_invalid_entry_refuses_the_list_and_leaves_nothing_behind()
    {
        var arena = new Arena();
        arena.Append("kept"u8);
        var list = AclBytes.Read(AclBytes.List((31, "world", "anyone"), (31, "auth", ""), (31, "nosuch", "x")));
        Assert.Equal(ErrorCode.InvalidAcl, AclRules.Fix(list, Bob, Rules.None, new(arena)));
        Assert.Equal("kept"u8, arena.Written);
    }

    [Fact]
    public void X509_entries_need_the_rule_and_the_form_of_a_distinguished_name()
    {
        Assert.Empty(Fix([(31, "x509", "CN=x")], FromLocalhost));
        Assert.Equal([(31, "x509", "CN=x")], Fix([(31, "x509", "CN=x")], FromLocalhost, Rules.X509));
        Assert.Empty(Fix([(31, "x509", "x")], FromLocalhost, Rules.X509));
    }

    [Fact]
    public void A_list_that_would_expand_beyond_the_bound_is_refused()
    {
        var identities = AclBytes.Identities(("digest", "bob:" + new string('x', 10_000)));
        var entries = Enumerable.Range(0, 200).Select(i => (i, (string?)"auth", (string?)"")).ToArray();
        Assert.Empty(Fix(entries, identities));
        Assert.Equal(100, Fix(entries[..100], identities).Length);
    }

    [Fact]
    public void The_stored_list_is_that_of_an_obvious_rule()
    {
        var scheme = Gen.OneOf("world", "auth", "digest", "ip");
        var id = Gen.OneOf("anyone", "a:b", "c:d", "127.0.0.1");
        var entry = Gen.Select(Gen.Int[0, 3], scheme, id, (p, s, i) => (p, (string?)s, (string?)i));
        Gen.Select(entry.Array[1, 100], Gen.Bool).Sample((entries, proven) =>
        {
            var distinct = entries.Distinct().ToArray();
            var valid = distinct.All(e => e is (_, "world", "anyone") or (_, "digest", "a:b" or "c:d") or (_, "ip", "127.0.0.1")
                || (e.Item2 == "auth" && proven));
            var stored = distinct.Select(e => e.Item2 == "auth" ? (e.Item1, "digest", "bob:x") : (e.Item1, e.Item2!, e.Item3!));
            Assert.Equal(valid ? stored : [], Fix(entries, proven ? Bob : FromLocalhost));
        }, iter: 1000);
    }

    [Fact]
    public void A_list_too_long_for_the_stack_is_fixed_like_a_short_one()
    {
        var entries = Enumerable.Range(0, 60_000).Select(i => (i, (string?)"digest", (string?)"a:b")).ToArray();
        Assert.Equal(40_000, Fix([.. entries[..40_000], .. entries[..5_000]], FromLocalhost).Length);
        Assert.Empty(Fix(entries, FromLocalhost));   // beyond the bound
    }

    [Fact]
    public void Lists_of_ordinary_length_are_fixed_without_allocating()
    {
        var list = AclBytes.List([.. Enumerable.Range(0, 64).Select(i => (i, (string?)"auth", (string?)""))]);
        var arena = new Arena(1 << 16);
        var error = ErrorCode.Ok;
        void Fix()
        {
            arena.Clear();
            var reader = new JuteReader(list);
            error |= AclRules.Fix(AclList.Read(ref reader), Bob, Rules.None, new(arena));
        }
        Fix();
        Assert.Equal(0, Allocated.By(Fix));
        Assert.Equal(ErrorCode.Ok, error);
    }

    private static (int, string, string)[] Fix((int, string?, string?)[] entries, byte[] identities, Rules rules = Rules.None)
    {
        var arena = new Arena();
        var error = AclRules.Fix(AclBytes.Read(AclBytes.List(entries)), identities, rules, new(arena));
        if (error == ErrorCode.Ok)
            return AclBytes.Entries(arena.Written);
        Assert.Equal(ErrorCode.InvalidAcl, error);
        Assert.Equal(0, arena.Length);
        return [];
    }
}
