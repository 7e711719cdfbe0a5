namespace Quorate.Kernel.Importing;

/// <summary>Adler-32 (RFC 1950), continued over consecutive spans: the checksum of ZooKeeper's log entries and snapshots.</summary>
internal struct Adler32()
{
    private const uint Modulus = 65521;

    /// <summary>How many bytes can be added before the second sum could overflow 32 bits.</summary>
    private const int Stretch = 5552;

    private uint _sum = 1;
    private uint _sumOfSums;

    /// <summary>The checksum of everything appended so far.</summary>
    public readonly uint Value => (_sumOfSums << 16) | _sum;

    /// <summary>The checksum of one span.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var adler = new Adler32();
        adler.Append(bytes);
        return adler.Value;
    }

    /// <summary>Continues over <paramref name="bytes"/>.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var stretch = bytes[..Math.Min(Stretch, bytes.Length)];
            foreach (var value in stretch)
            {
                _sum += value;
                _sumOfSums += _sum;
            }
            _sum %= Modulus;
            _sumOfSums %= Modulus;
            bytes = bytes[stretch.Length..];
        }
    }
}
