using Quorate.Kernel;
using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Judges;

/// <summary>
/// Along the entries that a member applies, indexes go on one by one, leaders' time does not run back and neither do zxids; a new epoch
/// begins with counter 0, and within one the counter grows by at most one an entry and stays below its limit (B2).
/// </summary>
/// <param name="counterLimit">The counter of the zxid at which a term ends.</param>
internal sealed class ZxidOrder(uint counterLimit = uint.MaxValue) : Judge
{
    private readonly Dictionary<ServerId, (LogIndex Index, Zxid Zxid, WallTime Time)> _last = [];

    /// <inheritdoc/>
    public override void Applied(ServerId member, in AppliedEntry entry)
    {
        var (index, zxid) = (entry.Index, entry.Zxid);
        if (_last.TryGetValue(member, out var last))
        {
            if (index != last.Index.Next)
                Accuse($"Member {member} applied entry {index} after entry {last.Index}.");
            if (zxid < last.Zxid)
                Accuse($"Member {member} is at zxid {zxid} after {last.Zxid} (entry {index}).");
            else if (zxid.Epoch != last.Zxid.Epoch ? zxid.Counter != 0 : zxid.Counter - last.Zxid.Counter > 1)
                Accuse($"Member {member} went from zxid {last.Zxid} to {zxid} by one entry ({index}).");
            if (entry.Time.Milliseconds < last.Time.Milliseconds)
                Accuse($"Entry {index} has the time {entry.Time.Milliseconds} ms, and the one before it {last.Time.Milliseconds} ms.");
        }
        if (zxid.Counter >= counterLimit)
            Accuse($"Entry {index} has taken zxid {zxid}, where a term ends before its counter reaches {counterLimit}.");
        _last[member] = (index, zxid, entry.Time);
    }

    /// <inheritdoc/>
    public override void Installed(ServerId member, LogIndex index, Zxid zxid, Digest digest)
    {
        if (_last.TryGetValue(member, out var last) && zxid < last.Zxid)
            Accuse($"Member {member} installed a snapshot at zxid {zxid} although it was at {last.Zxid}.");
        _last[member] = (index, zxid, default);
    }

    /// <summary>A new process goes on behind what it has recovered, which may be less than what the last one had applied.</summary>
    public override void Started(ServerId member) => _last.Remove(member);
}
