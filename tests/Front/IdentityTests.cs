using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Tests.Machines;
using Identity = Quorate.Kernel.Fronts.Identity;

namespace Quorate.Tests.Fronts;

public class IdentityTests
{
    private const string Bob = "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=";
    private static readonly Func<byte[], byte[]> Sha1 = SHA1.HashData;
    private const string SuperSecret = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=";

    [Fact]
    public void A_digest_is_the_user_and_the_hash_of_all_that_was_sent() =>
        Assert.Equal([("digest", Bob)], Authenticate(new(), "digest", "bob:pw"));

    [Fact]
    public void The_transcripts_second_user_has_the_transcripts_hash() =>
        Assert.Equal([("digest", "al:fKtAHC6fTLoDdFuIQU4BtaYPDtY=")], Authenticate(new(), "digest", "al:pw2"));

    [Theory]
    [InlineData("")]
    [InlineData("nocolon")]
    [InlineData(":")]
    [InlineData("user:pass:with:colons")]
    [InlineData("ünï:cødé")]
    public void A_digest_needs_no_particular_shape(string credentials)
    {
        var bytes = Encoding.UTF8.GetBytes(credentials);
        var expected = credentials.Split(':')[0] + ":" + Convert.ToBase64String(Sha1(bytes));
        Assert.Equal([("digest", expected)], Authenticate(new(), "digest", credentials));
    }

    [Fact]
    public void The_hash_is_over_the_raw_bytes_even_when_they_are_no_text() =>
        Gen.Byte.Array[0, 100].Sample(credentials =>
        {
            var appended = new Arena();
            Assert.True(new Identity(new()).TryAuthenticate("digest"u8, credentials, default, new(appended)));
            var colon = Array.IndexOf(credentials, (byte)':');
            byte[] id = [.. colon < 0 ? credentials : credentials[..colon], (byte)':',
                .. Encoding.ASCII.GetBytes(Convert.ToBase64String(Sha1(credentials)))];
            Assert.True(new Identities(appended.Written).Contains("digest"u8, id));
        });

    [Fact]
    public void The_hash_can_be_chosen()
    {
        var bytes = "bob:pw"u8;
        Assert.Equal([("digest", "bob:" + Convert.ToBase64String(SHA256.HashData(bytes)))],
            Authenticate(new() { DigestAlgorithm = "SHA256" }, "digest", "bob:pw"));
        Assert.Equal([("digest", "bob:" + Convert.ToBase64String(SHA512.HashData(bytes)))],
            Authenticate(new() { DigestAlgorithm = "SHA512" }, "digest", "bob:pw"));
        var refusal = Assert.Throws<ArgumentException>(() => new Identity(new() { DigestAlgorithm = "MD5" }));
        Assert.Contains("MD5", refusal.Message);
    }

    [Fact]
    public void The_same_identity_is_kept_once_and_two_passwords_are_two_identities()
    {
        Assert.Equal([], Authenticate(new(), "digest", "bob:pw", ("digest", Bob)));
        Assert.Single(Authenticate(new(), "digest", "bob:other", ("digest", Bob)));
    }

    [Fact]
    public void The_super_digest_adds_super_besides_itself_and_once()
    {
        var settings = new Settings { SuperDigest = SuperSecret };
        Assert.Equal([("digest", SuperSecret), ("super", "")], Authenticate(settings, "digest", "super:secret"));
        Assert.Equal([], Authenticate(settings, "digest", "super:secret", ("digest", SuperSecret), ("super", "")));
        Assert.DoesNotContain(("super", ""), Authenticate(settings, "digest", "super:wrong"));
        Assert.DoesNotContain(("super", ""), Authenticate(new(), "digest", "super:secret"));
    }

    [Theory]
    [InlineData("world")]
    [InlineData("super")]
    [InlineData("sasl")]
    [InlineData("auth")]
    [InlineData("nosuch")]
    [InlineData("")]
    public void Schemes_that_cannot_be_proven_fail(string scheme) =>
        Assert.Null(TryAuthenticate(new() { SuperDigest = SuperSecret }, scheme, "anyone"));

    [Fact]
    public void Digest_fails_when_it_is_switched_off() => Assert.Null(TryAuthenticate(new() { DigestEnabled = false }, "digest", "bob:pw"));

    [Fact]
    public void Ip_is_accepted_without_effect() => Assert.Equal([], Authenticate(new(), "ip", "10.0.0.1", ("ip", "127.0.0.1")));

    [Fact]
    public void X509_is_accepted_where_the_host_vouched_for_a_certificate()
    {
        Assert.Null(TryAuthenticate(new(), "x509", "CN=al", ("ip", "127.0.0.1")));
        Assert.Equal([], Authenticate(new(), "x509", "", ("x509", "CN=al")));
    }

    [Fact]
    public void What_the_host_vouches_for_is_added_once_and_the_super_subject_is_super()
    {
        var settings = new Settings { SuperX509 = "CN=root" };
        Assert.Equal([("x509", "CN=al")], Vouch(settings, [("x509", "CN=al"), ("x509", "CN=al")], ("ip", "127.0.0.1")));
        Assert.Equal([("x509", "CN=root"), ("super", "")], Vouch(settings, [("x509", "CN=root")]));
        Assert.Equal([("x509", "CN=root")], Vouch(new(), [("x509", "CN=root")]));
        Assert.Equal([], Vouch(settings, [("x509", "CN=root")], ("x509", "CN=root"), ("super", "")));
        Assert.Equal([("digest", "CN=root")], Vouch(settings, [("digest", "CN=root")]));
    }

    [Fact]
    public void What_is_appended_follows_what_the_arena_holds_already()
    {
        var arena = new Arena(4);
        arena.Append("before"u8);
        Assert.True(new Identity(new()).TryAuthenticate("digest"u8, "bob:pw"u8, default, new(arena)));
        Assert.True(arena.Written.StartsWith("before"u8));
        Assert.True(new Identities(arena.Written[6..]).Contains("digest"u8, Encoding.ASCII.GetBytes(Bob)));
    }

    private static (string, string)[] Authenticate(Settings settings, string scheme, string credentials, params (string, string)[] existing)
    {
        var appended = TryAuthenticate(settings, scheme, credentials, existing);
        Assert.NotNull(appended);
        return appended;
    }

    private static (string, string)[]? TryAuthenticate(
        Settings settings, string scheme, string credentials, params (string, string)[] existing)
    {
        var appended = new Arena();
        var accepted = new Identity(settings).TryAuthenticate(
            Encoding.UTF8.GetBytes(scheme), Encoding.UTF8.GetBytes(credentials), AclBytes.Identities(existing), new(appended));
        Assert.True(accepted || appended.Length == 0);
        return accepted ? Decoded(appended.Written) : null;
    }

    private static (string, string)[] Vouch(Settings settings, (string, string)[] vouched, params (string, string)[] existing)
    {
        var appended = new Arena();
        new Identity(settings).Vouched(new(AclBytes.Identities(vouched)), AclBytes.Identities(existing), new(appended));
        return Decoded(appended.Written);
    }

    private static (string, string)[] Decoded(ReadOnlySpan<byte> identities)
    {
        var decoded = new List<(string, string)>();
        foreach (var identity in new Identities(identities))
            decoded.Add((Encoding.UTF8.GetString(identity.Scheme), Encoding.UTF8.GetString(identity.Id)));
        return [.. decoded];
    }
}
