namespace Quorate.Kernel.Storage;

/// <summary>
/// The chained checksum of the log: the value after an entry depends on that entry and on every one before it.
/// </summary>
/// <remarks>
/// Two logs with the same value after an index hold the same entries up to it. A lost write, a record from another history or a segment
/// that is missing shows at the first record behind it. The value before the first entry is 0.
/// </remarks>
internal static class Chain
{
    /// <summary>The value before the first entry.</summary>
    public const ulong Start = 0;

    /// <summary>The value after an entry, given the value before it.</summary>
    public static ulong Next(ulong previous, LogIndex index, Term term, WallTime time, ReadOnlySpan<byte> body) =>
        Next(previous, index, term, time, Crc32C.Of(body), body.Length);

    /// <summary>The same, of a body whose checksum is known already.</summary>
    public static ulong Next(ulong previous, LogIndex index, Term term, WallTime time, uint bodyChecksum, int bodyLength)
    {
        // Each step is a bijection of the value so far: no entry can make two different pasts look alike.
        var value = Mix.Bits(previous + 0x9E3779B97F4A7C15);
        value = Mix.Bits(value ^ index.Value);
        value = Mix.Bits(value ^ (((ulong)term.Value << 32) | (uint)bodyLength));
        value = Mix.Bits(value ^ (ulong)time.Milliseconds);
        return Mix.Bits(value ^ bodyChecksum);
    }
}
