using System.Text;
using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Trees;

namespace Quorate.Tests.Trees;

public class PathTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/v")]
    [InlineData("/v/a")]
    [InlineData("/v/...")]
    [InlineData("/v/.a")]
    [InlineData("/v/a.")]
    [InlineData("/v/..a")]
    [InlineData("/v/a..")]
    [InlineData("/v/a b")]
    [InlineData("/v/ok1 space")]
    [InlineData("/v/\u00a0")]
    [InlineData("/v/é")]
    [InlineData("/v/中")]
    [InlineData("/v/a\uf900")]
    [InlineData("/v/a\uffef")]
    [InlineData("/v/\ud7ff")]
    [InlineData("/v/a\\b")]
    [InlineData("/v/-")]
    [InlineData("/v/~")]
    public void A_valid_path(string path) => Assert.True(Paths.IsValid(TreeTalk.Bytes(path)));

    [Theory]
    [InlineData("")]
    [InlineData("v")]
    [InlineData("v/a")]
    [InlineData("//")]
    [InlineData("//v")]
    [InlineData("/v/")]
    [InlineData("/v//a")]
    [InlineData("/.")]
    [InlineData("/..")]
    [InlineData("/v/.")]
    [InlineData("/v/..")]
    [InlineData("/v/./a")]
    [InlineData("/v/../a")]
    [InlineData("/v/a\0b")]
    [InlineData("/v/a\u0001")]
    [InlineData("/v/a\u001f")]
    [InlineData("/v/a\u007f")]
    [InlineData("/v/a\u0080")]
    [InlineData("/v/a\u009f")]
    [InlineData("/v/a\ue000")]
    [InlineData("/v/a\uf8ff")]
    [InlineData("/v/a\ufff0")]
    [InlineData("/v/a\ufffd")]
    [InlineData("/v/a\uffff")]
    [InlineData("/v/😀")]
    public void An_invalid_path(string path) => Assert.False(Paths.IsValid(TreeTalk.Bytes(path)));

    [Theory]
    [InlineData(new byte[] { 0xff, 0xfe })]
    [InlineData(new byte[] { 0xc3 })]
    [InlineData(new byte[] { 0xc0, 0x80 })]
    [InlineData(new byte[] { 0xc0, 0xaf })]
    [InlineData(new byte[] { 0xe2, 0x82 })]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 })]
    [InlineData(new byte[] { 0xf4, 0x90, 0x80, 0x80 })]
    public void Malformed_bytes_make_a_path_invalid(byte[] name) => Assert.False(Paths.IsValid([.. "/v/"u8, .. name]));

    [Fact]
    public void Bytes_are_judged_as_the_decoded_text_would_be() =>
        Gen.OneOf(Gen.Byte, Gen.OneOf<byte>(0x2F, 0x2E, 0x61, 0xC2, 0x9F, 0xEF, 0xBF, 0xA0, 0xEE, 0x80)).Array[0, 8].Sample(bytes =>
        {
            byte[] path = [(byte)'/', .. bytes];
            return Paths.IsValid(path) == IsValid(Encoding.UTF8.GetString(path));
        }, iter: 20_000);

    [Theory]
    [InlineData("/a", true)]
    [InlineData("a/", true)]
    [InlineData("//v", true)]
    [InlineData("/v/../a", true)]
    [InlineData("", false)]
    [InlineData("v", false)]
    [InlineData("/v/a\0b", false)]
    public void Create_looks_only_for_a_slash_and_a_nul_at_first(string path, bool may) =>
        Assert.Equal(may, Paths.MayBeCreated(TreeTalk.Bytes(path)));

    [Theory]
    [InlineData("/v/a", true)]
    [InlineData("/v/a/", true)]
    [InlineData("/zookeeper/x", true)]
    [InlineData("/zookeeper/", true)]
    [InlineData("/", false)]
    [InlineData("/zookeeper", false)]
    [InlineData("/zookeeper/quota", false)]
    [InlineData("/zookeeper/config", false)]
    [InlineData("v", false)]
    [InlineData("/v/a\0", false)]
    public void Delete_spares_the_systems_own_znodes(string path, bool may) => Assert.Equal(may, Paths.MayBeDeleted(TreeTalk.Bytes(path)));

    [Theory]
    [InlineData("/a", "", "a")]
    [InlineData("/a/b", "/a", "b")]
    [InlineData("/a/", "/a", "")]
    [InlineData("//v", "/", "v")]
    [InlineData("v/a", "v", "a")]
    [InlineData("/", "", "")]
    [InlineData("v", "", "v")]
    public void A_path_splits_at_its_last_slash(string path, string parent, string name)
    {
        Assert.Equal(parent, Encoding.UTF8.GetString(Paths.Parent(TreeTalk.Bytes(path))));
        Assert.Equal(name, Encoding.UTF8.GetString(Paths.Name(TreeTalk.Bytes(path))));
    }

    [Theory]
    [InlineData(0, "0000000000")]
    [InlineData(42, "0000000042")]
    [InlineData(int.MaxValue, "2147483647")]
    [InlineData(-1, "-000000001")]
    [InlineData(-123456789, "-123456789")]
    [InlineData(-1234567890, "-1234567890")]
    [InlineData(int.MinValue, "-2147483648")]
    public void A_sequential_suffix_has_ten_characters_a_minus_sign_included(int number, string suffix)
    {
        var arena = new Arena();
        Paths.AppendSuffix(arena, number);
        Assert.Equal(suffix, Encoding.UTF8.GetString(arena.Written));
    }

    /// <summary>The rule as it is written, on decoded UTF-16 units.</summary>
    private static bool IsValid(string path) =>
        path.StartsWith('/') && (path == "/" || path[1..].Split('/').All(c => c is not ("" or "." or ".."))) && path.All(unit =>
            unit is not (<= '\u001f' or (>= '\u007f' and <= '\u009f') or (>= '\ud800' and <= '\uf8ff') or >= '\ufff0'));
}
