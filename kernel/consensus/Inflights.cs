namespace Quorate.Kernel.Consensus;

/// <summary>The appends that one follower has not acknowledged yet, oldest first: bounded by number and by bytes.</summary>
internal sealed class Inflights(Limits limits)
{
    private readonly long _bytesMax = Math.Min(limits.InflightBytes, limits.LogRingBytes / 2);
    private readonly (LogIndex Last, int Bytes)[] _frames = new (LogIndex, int)[limits.InflightFrames];
    private int _first;
    private long _bytes;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// Whether the leader has to wait. A frame larger than the bound for bytes goes alone; that bound is never more than half of the memory
    /// that the follower has for what it may not drop yet, if it has as much as this member.
    /// </summary>
    public bool IsFull => Count == _frames.Length || _bytes >= _bytesMax;

    /// <summary>A frame has left whose last entry is <paramref name="last"/>.</summary>
    public void Add(LogIndex last, int bytes)
    {
        Invariant.Holds(!IsFull);
        _frames[(_first + Count++) % _frames.Length] = (last, bytes);
        _bytes += bytes;
    }

    /// <summary>Everything up to <paramref name="matched"/> has been acknowledged.</summary>
    public void FreeThrough(LogIndex matched)
    {
        while (Count > 0 && _frames[_first].Last <= matched)
        {
            _bytes -= _frames[_first].Bytes;
            _first = (_first + 1) % _frames.Length;
            Count--;
        }
    }

    /// <summary>Whatever was under way is not waited for any more.</summary>
    public void Clear() => (_first, Count, _bytes) = (0, 0, 0);
}
