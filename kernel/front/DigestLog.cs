namespace Quorate.Kernel.Fronts;

/// <summary>The state's digest after every so many transactions: what the hash word shows, to compare members by eye.</summary>
internal sealed class DigestLog
{
    /// <summary>One is kept where the zxid's counter is a multiple of this: at the same transactions on all members.</summary>
    public const uint Interval = 128;

    private const int Kept = 128;

    private readonly Ring<(Zxid Zxid, Digest Digest)> _log = new(Kept);

    /// <summary>How many digests are kept.</summary>
    public int Count => _log.Count;

    /// <summary>The digest at a position, counted from the oldest.</summary>
    public (Zxid Zxid, Digest Digest) this[int position] => _log[position];

    /// <summary>A transaction was applied.</summary>
    public void Applied(Zxid zxid, Digest digest)
    {
        if (zxid.Counter % Interval != 0)
            return;
        if (_log.IsFull)
            _log.Dequeue();
        _log.Enqueue((zxid, digest));
    }
}
