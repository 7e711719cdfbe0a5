using System.Net;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Wire;

public class IpLiteralTests
{
    private static readonly Gen<IPAddress> GenV4 = Gen.Byte.Array[4].Select(bytes => new IPAddress(bytes));

    // Whole groups of zeros and ones make the shortened and the mapped forms likely.
    private static readonly Gen<IPAddress> GenV6 =
        Gen.OneOf(Gen.Const((ushort)0), Gen.Const((ushort)0xFFFF), Gen.UShort).Array[8].Select(groups =>
            new IPAddress([.. groups.SelectMany(group => new[] { (byte)(group >> 8), (byte)group })]));

    private static readonly Gen<IPAddress> GenAny = Gen.OneOf(GenV4, GenV6, GenV4.Select(address => address.MapToIPv6()));

    [Fact]
    public void Every_text_that_the_framework_writes_is_read_as_the_same_address() =>
        GenAny.Sample(address => Assert.Equal(Expected(address), Read(address.ToString())));

    [Fact]
    public void Every_text_of_eight_plain_groups_is_read_as_the_same_address() =>
        GenV6.Sample(address =>
        {
            var groups = address.GetAddressBytes().Chunk(2).Select(pair => $"{pair[0] << 8 | pair[1]:X}");
            Assert.Equal(Expected(address), Read(string.Join(':', groups)));
        });

    [Fact]
    public void What_is_read_out_of_arbitrary_text_is_what_the_framework_reads() =>
        Gen.OneOf(Gen.Char["0123456789abcfF.:/% x"].Array[0, 24].Select(text => new string(text)), Mutilated).Sample(text =>
        {
            if (TryRead(text) is not { } bits || LeadingZeros(text))
                return;
            Assert.True(IPAddress.TryParse(text, out var address), text);
            Assert.Equal(Expected(address), bits);
        }, iter: 3000);

    [Theory]
    [InlineData("0.0.0.0", "::ffff:0:0")]
    [InlineData("127.0.0.1", "::ffff:7f00:1")]
    [InlineData("255.255.255.255", "::ffff:ffff:ffff")]
    [InlineData("010.000.001.09", "::ffff:a00:109")]     // decimal, whatever the leading zeros
    [InlineData("::", "0:0:0:0:0:0:0:0")]
    [InlineData("::1", "0:0:0:0:0:0:0:1")]
    [InlineData("1::", "1:0:0:0:0:0:0:0")]
    [InlineData("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0")]
    [InlineData("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8")]
    [InlineData("FE80::aBcD", "fe80:0:0:0:0:0:0:abcd")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304")]
    [InlineData("64:ff9b::1.2.3.4", "64:ff9b:0:0:0:0:102:304")]
    public void Two_spellings_of_one_address_are_equal(string one, string other) => Assert.Equal(Read(one), Read(other));

    [Theory]
    [InlineData("")]
    [InlineData("host")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.")]
    [InlineData("1.2.3.4.")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1..2.3")]
    [InlineData("256.0.0.1")]
    [InlineData("300.0.0.1")]
    [InlineData("4294967296.0.0.1")]
    [InlineData("-1.0.0.1")]
    [InlineData("+1.0.0.1")]
    [InlineData(" 1.2.3.4")]
    [InlineData("1.2.3.4 ")]
    [InlineData(":")]
    [InlineData(":::")]
    [InlineData("1:")]
    [InlineData(":1")]
    [InlineData("1:::2")]
    [InlineData("1::2::3")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("1:2:3:4:5:6:7:8::")]
    [InlineData("::1:2:3:4:5:6:7:8")]
    [InlineData("12345::")]
    [InlineData("g::")]
    [InlineData("::1.2.3")]
    [InlineData("1.2.3.4::")]
    [InlineData("::1.2.3.4:5")]
    [InlineData("1:2:3:4:5:6:7:1.2.3.4")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("::1/64")]
    public void What_is_no_address_is_refused(string text) => Assert.Null(TryRead(text));

    [Theory]
    [InlineData("127.0.0.1", 128)]
    [InlineData("127.0.0.0/8", 104)]
    [InlineData("0.0.0.0/0", 96)]
    [InlineData("1.2.3.4/32", 128)]
    [InlineData("1.2.3.4/08", 104)]
    [InlineData("::/0", 0)]
    [InlineData("2001:db8::/32", 32)]
    [InlineData("::1/128", 128)]
    [InlineData("::ffff:10.0.0.0/104", 104)]
    public void A_prefix_length_counts_bits_of_the_form_that_was_written(string text, int length)
    {
        Assert.True(IpPrefix.TryParse(Encoding.UTF8.GetBytes(text), out var prefix));
        Assert.Equal(length, prefix.Length);
    }

    [Theory]
    [InlineData("127.0.0.1/33")]
    [InlineData("127.0.0.1/-1")]
    [InlineData("127.0.0.1/")]
    [InlineData("127.0.0.1/8/8")]
    [InlineData("127.0.0.1/x")]
    [InlineData("127.0.0.1/99999999999999999999")]
    [InlineData("/8")]
    [InlineData("::1/129")]
    [InlineData("::1/")]
    [InlineData("::ffff:10.0.0.0/95")]   // neither an IPv4 prefix nor one that an IPv6 client could match
    public void What_is_no_prefix_is_refused(string text) => Assert.False(IpPrefix.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void A_prefix_contains_what_a_naive_comparison_bit_by_bit_finds_in_it() =>
        Gen.Select(GenAny, GenAny, Gen.Int[0, 128], Gen.Bool).Sample((network, other, bits, near) =>
        {
            var width = network.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
            bits = network.IsIPv4MappedToIPv6 ? Math.Max(bits, 96) : Math.Min(bits, width);
            if (near)   // differs in one bit at most, right behind or right before the mask
                other = Flipped(network, bits);
            Assert.True(IpPrefix.TryParse(Encoding.UTF8.GetBytes($"{network}/{bits}"), out var prefix));
            Assert.Equal(Naive(network, bits, other), prefix.Contains(new(Expected(other))));
        }, iter: 2000);

    private static readonly Gen<string> Mutilated =
        Gen.Select(GenAny, Gen.Int[0, 40], Gen.Char["0:.f/"]).Select((address, at, character) =>
        {
            var text = address.ToString();
            return text[..Math.Min(at, text.Length)] + character + text[Math.Min(at, text.Length)..];
        });

    private static bool LeadingZeros(string text) =>
        text.Split('.', ':').Any(part => part.Length > 1 && part[0] == '0' && text.Contains('.'));

    private static IPAddress Flipped(IPAddress address, int bit)
    {
        var bytes = address.GetAddressBytes();
        if (bit < 8 * bytes.Length)
            bytes[bit / 8] ^= (byte)(0x80 >> (bit % 8));
        return new(bytes);
    }

    private static bool Naive(IPAddress network, int bits, IPAddress other)
    {
        if (network.IsIPv4MappedToIPv6)
            (network, bits) = (network.MapToIPv4(), bits - 96);
        if (other.IsIPv4MappedToIPv6)
            other = other.MapToIPv4();
        if (network.AddressFamily != other.AddressFamily)
            return false;
        var (a, b) = (Bits(network), Bits(other));
        return a[..bits] == b[..bits];
    }

    private static string Bits(IPAddress address) =>
        string.Concat(address.GetAddressBytes().Select(part => Convert.ToString(part, 2).PadLeft(8, '0')));

    private static UInt128 Expected(IPAddress address)
    {
        UInt128 bits = 0;
        foreach (var part in address.MapToIPv6().GetAddressBytes())
            bits = (bits << 8) | part;
        return bits;
    }

    private static UInt128 Read(string text) => Assert.NotNull(TryRead(text));

    private static UInt128? TryRead(string text) => IpAddress.TryParse(Encoding.UTF8.GetBytes(text), out var address) ? address.Bits : null;
}
