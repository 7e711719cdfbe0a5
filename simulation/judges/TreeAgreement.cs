using System.Runtime.InteropServices;
using Quorate.Kernel;
using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Judges;

/// <summary>Members that have applied the same entry have the same state: one zxid and one digest for each index (P3).</summary>
internal sealed class TreeAgreement : Judge
{
    private readonly List<(Zxid Zxid, Digest Digest, ServerId First)> _states = [default];   // by index; nothing at 0, nor where nobody was seen

    /// <inheritdoc/>
    public override void Applied(ServerId member, in AppliedEntry entry) => Compare(member, entry.Index, entry.Zxid, entry.Digest);

    /// <inheritdoc/>
    public override void Installed(ServerId member, LogIndex index, Zxid zxid, Digest digest) => Compare(member, index, zxid, digest);

    private void Compare(ServerId member, LogIndex index, Zxid zxid, Digest digest)
    {
        while ((ulong)_states.Count <= index.Value)
            _states.Add(default);
        ref var state = ref CollectionsMarshal.AsSpan(_states)[(int)index.Value];
        if (state.First == default)
            state = (zxid, digest, member);
        var (knownZxid, knownDigest, first) = state;
        if (knownZxid != zxid)
            Accuse($"After entry {index} member {first} is at zxid {knownZxid} and member {member} at {zxid}.");
        else if (knownDigest != digest)
            Accuse($"After entry {index} (zxid {zxid}) the state of member {first} has digest {knownDigest} and that of member {member} {digest}.");
    }
}
