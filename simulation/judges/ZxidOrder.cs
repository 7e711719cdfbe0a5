using Quorate.Kernel;
using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Judges;

/// <summary>
/// Along the entries that a member applies, indexes go on one by one and zxids never go back; a new epoch begins with counter 0, and within
/// one the counter grows by at most one an entry.
/// </summary>
public sealed class ZxidOrder : Judge
{
    private readonly Dictionary<ServerId, (LogIndex Index, Zxid Zxid)> _last = [];

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
        }
        _last[member] = (index, zxid);
    }

    /// <inheritdoc/>
    public override void Installed(ServerId member, LogIndex index, Zxid zxid, Digest digest)
    {
        if (_last.TryGetValue(member, out var last) && zxid < last.Zxid)
            Accuse($"Member {member} installed a snapshot at zxid {zxid} although it was at {last.Zxid}.");
        _last[member] = (index, zxid);
    }

    /// <summary>A new process goes on behind what it has recovered, which may be less than what the last one had applied.</summary>
    public override void Started(ServerId member) => _last.Remove(member);
}
