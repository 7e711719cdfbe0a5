using Quorate.Client;

namespace Quorate.Tests.ZooClients;

public class ConnectionStringTests
{
    [Theory]
    [InlineData("a", "a:2181")]
    [InlineData("a:1", "a:1")]
    [InlineData("a:1,b:2/app", "a:1,b:2/app")]
    [InlineData(" a:1 , b:2 /", "a:1,b:2")]
    [InlineData("[::1]:5,10.0.0.1", "[::1]:5,10.0.0.1:2181")]
    [InlineData("::1", "[::1]:2181")]
    [InlineData("a/x/y/", "a:2181/x/y")]
    public void Says(string text, string meaning) => Assert.Equal(meaning, ConnectionString.Parse(text).ToString());

    [Theory]
    [InlineData("", "it names no server")]
    [InlineData("/app", "it names no server")]
    [InlineData("a:", "the port of 'a:' is not a number from 1 to 65535")]
    [InlineData("a:0", "the port of 'a:0' is not a number from 1 to 65535")]
    [InlineData("a:65536", "the port of 'a:65536' is not a number from 1 to 65535")]
    [InlineData("a:x,b", "the port of 'a:x' is not a number from 1 to 65535")]
    [InlineData(":2181", "':2181' has no host")]
    [InlineData("[::1:2181", "'[::1:2181' has")]
    [InlineData("a//x", "its chroot '//x' has an empty part (//)")]
    [InlineData("a/x/../y", "its chroot '/x/../y' has a relative part (. or ..)")]
    public void Refuses_and_says_what_is_wrong(string text, string fault)
    {
        var refusal = Assert.Throws<ArgumentException>(() => ConnectionString.Parse(text));
        Assert.Contains(fault, refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"'{text}'", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/", null)]
    [InlineData("/a/b", null)]
    [InlineData("a", "does not begin with a slash")]
    [InlineData("", "does not begin with a slash")]
    [InlineData("/a/", "ends with a slash")]
    [InlineData("/a//b", "has an empty part (//)")]
    [InlineData("/a/./b", "has a relative part (. or ..)")]
    [InlineData("/a\u0001", "has a character that znodes may not have (U+0001)")]
    [InlineData("/a\0", "has a character that znodes may not have (U+0000)")]
    public void Paths_are_judged_before_they_are_sent(string path, string? fault) => Assert.Equal(fault, ZnodePath.Fault(path));
}
