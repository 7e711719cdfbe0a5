namespace Quorate.Kernel.Importing;

/// <summary>CRC-32 with the polynomial of zlib, continued over consecutive spans: what ZooKeeper's tree digest adds up.</summary>
/// <remarks>
/// Not <see cref="Crc32C"/>, whose polynomial is another one. One table look-up a byte is enough for a batch that runs once.
/// </remarks>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;

    private static readonly uint[] Table = MakeTable();

    /// <summary>The checksum of <paramref name="bytes"/>, continuing from <paramref name="seed"/> (0 to begin).</summary>
    public static uint Of(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        var crc = ~seed;
        foreach (var value in bytes)
            crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
        return ~crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ Polynomial : crc >> 1;
            table[i] = crc;
        }
        return table;
    }
}
