using System.Text;
using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Machines;

/// <summary>Lists and identities as a test writes them down, and their bytes.</summary>
internal static class AclBytes
{
    public static byte[] Identities(params (string Scheme, string Id)[] identities)
    {
        var writer = new JuteWriter(new Arena());
        foreach (var (scheme, id) in identities)
            Quorate.Kernel.Wire.Identities.Write(writer, Encoding.UTF8.GetBytes(scheme), Encoding.UTF8.GetBytes(id));
        return writer.Arena.Written.ToArray();
    }

    public static byte[] List(params (int Permissions, string? Scheme, string? Id)[] entries)
    {
        var writer = new JuteWriter(new Arena());
        writer.Int(entries.Length);
        foreach (var (permissions, scheme, id) in entries)
        {
            writer.Int(permissions);
            writer.Buffer(Encoding.UTF8.GetBytes(scheme ?? ""), scheme is null);
            writer.Buffer(Encoding.UTF8.GetBytes(id ?? ""), id is null);
        }
        return writer.Arena.Written.ToArray();
    }

    public static AclList Read(byte[] bytes)
    {
        var reader = new JuteReader(bytes);
        var list = AclList.Read(ref reader);
        Assert.False(reader.Failed);
        Assert.True(reader.Rest.IsEmpty);
        return list;
    }

    public static (int Permissions, string Scheme, string Id)[] Entries(ReadOnlySpan<byte> bytes)
    {
        var entries = new List<(int, string, string)>();
        foreach (var entry in Read(bytes.ToArray()))
            entries.Add(((int)entry.Permissions, Encoding.UTF8.GetString(entry.Scheme), Encoding.UTF8.GetString(entry.Id)));
        return [.. entries];
    }
}

public class AccessTests
{
    private const string BobHash = "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=";
    private static readonly byte[] Nobody = [];
    private static readonly byte[] FromLocalhost = AclBytes.Identities(("ip", "127.0.0.1"));

    [Fact]
    public void Anyone_may_do_what_world_anyone_grants_and_nothing_else()
    {
        for (var granted = 0; granted < 32; granted++)
            for (var wanted = 1; wanted < 32; wanted++)
                Assert.Equal((granted & wanted) != 0, Allows([(granted, "world", "anyone")], (Permissions)wanted, Nobody));
    }

    [Fact]
    public void One_of_several_permissions_is_enough()
    {
        Assert.True(Allows([(16, "world", "anyone")], Permissions.Read | Permissions.Admin, Nobody));
        Assert.True(Allows([(1, "world", "anyone")], Permissions.Read | Permissions.Admin, Nobody));
        Assert.False(Allows([(2, "world", "anyone")], Permissions.Read | Permissions.Admin, Nobody));
    }

    [Fact]
    public void A_null_and_an_empty_list_permit_everything()
    {
        var reader = new JuteReader([0xFF, 0xFF, 0xFF, 0xFF]);
        Assert.True(Access.Allows(AclList.Read(ref reader), Permissions.Write, Nobody, skip: false));
        Assert.True(Allows([], Permissions.Write, Nobody));
    }

    [Fact]
    public void A_digest_identity_matches_its_own_entry_only()
    {
        var bob = AclBytes.Identities(("ip", "127.0.0.1"), ("digest", "bob:wrong"), ("digest", BobHash));
        Assert.True(Allows([(31, "digest", BobHash)], Permissions.Read, bob));
        Assert.False(Allows([(31, "digest", "al:fKtAHC6fTLoDdFuIQU4BtaYPDtY=")], Permissions.Read, bob));
        Assert.False(Allows([(31, "digest", BobHash)], Permissions.Read, FromLocalhost));
        Assert.False(Allows([(31, "x509", BobHash)], Permissions.Read, bob));
    }

    [Fact]
    public void An_entry_grants_only_to_whom_it_names_although_another_entry_grants_more()
    {
        var al = AclBytes.Identities(("digest", "al:x"));
        Assert.True(Allows([(31, "digest", BobHash), (1, "digest", "al:x")], Permissions.Read, al));
        Assert.False(Allows([(31, "digest", BobHash), (1, "digest", "al:x")], Permissions.Write, al));
    }

    [Fact]
    public void Super_passes_every_list_and_so_does_everybody_where_lists_are_skipped()
    {
        var super = AclBytes.Identities(("ip", "127.0.0.1"), ("super", ""));
        Assert.True(Access.IsSuper(super));
        Assert.False(Access.IsSuper(FromLocalhost));
        Assert.True(Allows([(0, "world", "anyone")], Permissions.Admin, super));
        Assert.False(Allows([(0, "world", "anyone")], Permissions.Admin, FromLocalhost));
        Assert.True(Access.Allows(AclBytes.Read(AclBytes.List((0, "world", "anyone"))), Permissions.Admin, FromLocalhost, skip: true));
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.0/8", true)]
    [InlineData("10.0.0.0/8", false)]
    [InlineData("0.0.0.0/0", true)]
    [InlineData("126.0.0.0/7", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("::ffff:127.0.0.0/104", true)]
    [InlineData("::/0", false)]             // every IPv6 client, but no IPv4 one
    [InlineData("::1", false)]
    [InlineData("nonsense", false)]         // stored by something that did not look
    public void An_ip_entry_matches_the_address_under_its_mask(string id, bool matches) =>
        Assert.Equal(matches, Allows([(31, "ip", id)], Permissions.Read, FromLocalhost));

    [Theory]
    [InlineData("2001:db8::/32", "2001:db8:1::7", true)]
    [InlineData("2001:db8::/32", "2001:db9::7", false)]
    [InlineData("2001:DB8:0:0:0:0:0:7", "2001:db8::7", true)]
    [InlineData("::/0", "2001:db8::7", true)]
    [InlineData("0.0.0.0/0", "2001:db8::7", false)]
    [InlineData("fe80::/10", "fe80::1%eth0", true)]
    [InlineData("10.1.2.3", "::ffff:10.1.2.3", true)]
    public void An_ip_entry_matches_clients_of_both_families(string id, string client, bool matches) =>
        Assert.Equal(matches, Allows([(31, "ip", id)], Permissions.Read, AclBytes.Identities(("ip", client))));

    [Fact]
    public void The_answer_is_that_of_an_obvious_evaluation()
    {
        var permissions = Gen.Int[0, 31];
        var scheme = Gen.OneOf("world", "digest", "ip", "x509", "super");
        var id = Gen.OneOf("anyone", "a:b", "c:d", "127.0.0.1", "127.0.0.0/8", "CN=x", "");
        var entries = Gen.Select(permissions, scheme, id, (p, s, i) => (p, (string?)s, (string?)i)).Array[1, 4];
        var identities = Gen.Select(scheme, id).Array[0, 3];
        Gen.Select(entries, identities, Gen.Int[1, 31]).Sample((list, proven, wanted) =>
        {
            var expected = proven.Any(identity => identity.Item1 == "super") || list.Any(entry => (entry.Item1 & wanted) != 0
                && (entry is (_, "world", "anyone") || proven.Any(identity => identity.Item1 == entry.Item2 && (identity.Item1 == "ip"
                    ? identity.Item2 == "127.0.0.1" && entry.Item3 is "127.0.0.1" or "127.0.0.0/8"
                    : identity.Item2 == entry.Item3))));
            Assert.Equal(expected, Allows(list, (Permissions)wanted, AclBytes.Identities(proven)));
        }, iter: 2000);
    }

    [Fact]
    public void Judging_allocates_nothing()
    {
        var list = AclBytes.List((31, "digest", BobHash), (1, "ip", "10.0.0.0/8"), (1, "ip", "2001:db8::/32"));
        var identities = AclBytes.Identities(("ip", "127.0.0.1"), ("digest", "al:x"));
        var allowed = Access.Allows(AclBytes.Read(list), Permissions.Read, identities, false);
        Assert.Equal(0, Allocated.By(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                var reader = new JuteReader(list);
                allowed |= Access.Allows(AclList.Read(ref reader), Permissions.Read, identities, false);
            }
        }));
        Assert.False(allowed);
    }

    private static bool Allows((int, string?, string?)[] entries, Permissions any, byte[] identities) =>
        Access.Allows(AclBytes.Read(AclBytes.List(entries)), any, identities, skip: false);
}
