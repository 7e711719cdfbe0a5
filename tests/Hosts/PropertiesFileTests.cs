using Quorate.Hosts.Tcp;

namespace Quorate.Tests.Hosts;

public class PropertiesFileTests
{
    [Theory]
    [InlineData("a=b", "a", "b")]
    [InlineData("a:b", "a", "b")]
    [InlineData("a b", "a", "b")]
    [InlineData("  a  =  b  ", "a", "b")]
    [InlineData("a\t:\tb", "a", "b")]
    [InlineData("a", "a", "")]
    [InlineData("a=", "a", "")]
    [InlineData("a==b", "a", "=b")]
    [InlineData("a=b=c:d", "a", "b=c:d")]
    [InlineData("a\\=b=c", "a=b", "c")]
    [InlineData("a\\ b c", "a b", "c")]
    [InlineData("server.1=h:2888:3888;[::1]:2181", "server.1", "h:2888:3888;[::1]:2181")]
    [InlineData("a=C\\:\\\\data", "a", "C:\\data")]
    [InlineData("a=x\\ty\\u0041", "a", "x\tyA")]
    [InlineData("a=b\\\n   c", "a", "bc")]
    [InlineData("a=b\\\\\nc=d", "a", "b\\")]
    [InlineData("a=b # not a comment", "a", "b # not a comment")]
    public void A_pair_is_read_as_Java_reads_it(string text, string key, string value)
    {
        var (readKey, readValue, line) = PropertiesFile.Read(new StringReader(text))[0];
        Assert.Equal((key, value, 1), (readKey, readValue, line));
    }

    [Fact]
    public void Comments_and_empty_lines_are_skipped_and_lines_are_counted()
    {
        var pairs = PropertiesFile.Read(new StringReader("# one\n\n  ! two \\\n   \na=1\nb=2\\\n  3\nc=4\n"));
        Assert.Equal([("a", "1", 5), ("b", "23", 6), ("c", "4", 8)], pairs);
    }

    [Fact]
    public void A_broken_escape_names_its_line()
    {
        var refusal = Assert.Throws<FormatException>(() => PropertiesFile.Read(new StringReader("a=1\nb=\\u00g1")));
        Assert.StartsWith("line 2:", refusal.Message, StringComparison.Ordinal);
    }
}
