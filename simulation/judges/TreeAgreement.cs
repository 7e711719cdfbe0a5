using Quorate.Kernel;
using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Judges;

/// <summary>Members that have applied the same entry have the same state: one zxid and one digest for each index (P3).</summary>
public sealed class TreeAgreement : Judge
{
    private readonly Dictionary<LogIndex, (Zxid Zxid, Digest Digest, ServerId First)> _states = [];

    /// <inheritdoc/>
    public override void Applied(ServerId member, in AppliedEntry entry) => Compare(member, entry.Index, entry.Zxid, entry.Digest);

    /// <inheritdoc/>
    public override void Installed(ServerId member, LogIndex index, Zxid zxid, Digest digest) => Compare(member, index, zxid, digest);

    private void Compare(ServerId member, LogIndex index, Zxid zxid, Digest digest)
    {
        if (_states.TryAdd(index, (zxid, digest, member)))
            return;
        var (knownZxid, knownDigest, first) = _states[index];
        if (knownZxid != zxid)
            Accuse($"After entry {index} member {first} is at zxid {knownZxid} and member {member} at {zxid}.");
        else if (knownDigest != digest)
            Accuse($"After entry {index} (zxid {zxid}) the state of member {first} has digest {knownDigest} and that of member {member} {digest}.");
    }
}
