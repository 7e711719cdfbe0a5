using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Importing;
using Quorate.Kernel.Machines;

namespace Quorate.Simulation.Judges;

/// <summary>
/// The one sequence of entries that all members apply, as the first of them to apply each reported it, with the model run along it. The
/// judges that hold clients' sights against the log stand on it.
/// </summary>
/// <remarks>
/// It judges for itself only that it is one sequence: what a member applies at an index that another has applied is the same.
/// </remarks>
internal sealed class Canon : Judge
{
    private readonly List<CanonJudge> _judges = [];
    private readonly List<ulong> _prints = [];
    private readonly Dictionary<ReadOnlyMemory<byte>, IReadOnlyList<Proof>> _proofs = new(ByteKeys.Instance);   // a client's are mostly the same
    private readonly List<CanonEntry> _numbered = [];   // entries that took a zxid or opened a term, in the order of their zxids

    internal ZnodeModel Model { get; } = new();

    /// <summary>How many entries there are.</summary>
    public LogIndex Last => new((ulong)_prints.Count);

    /// <summary>The last zxid taken.</summary>
    public Zxid Zxid { get; private set; }

    /// <inheritdoc/>
    public override void Applied(ServerId member, in AppliedEntry entry)
    {
        if (entry.Index > Last.Next)
            Accuse($"Member {member} applied entry {entry.Index}, and nobody has applied {Last.Next}.");
        else if (entry.Index == Last.Next)
        {
            _prints.Add(PrintOf(entry));
            Append(CanonEntry.Of(entry, ProofsOf(entry.Command.Identities)));
        }
        else if (_prints[(int)entry.Index.Value - 1] != PrintOf(entry))
            Accuse($"Member {member} applied {CanonEntry.Of(entry, ProofsOf(entry.Command.Identities))}, and another has applied something else at that index.");
    }

    internal void Join(CanonJudge judge) => _judges.Add(judge);

    /// <summary>The next entry.</summary>
    internal void Append(CanonEntry entry)
    {
        if (_prints.Count < (int)entry.Index.Value)
            _prints.Add(0);
        entry.Expected = Model.Apply(entry);
        if (entry.Zxid > Zxid)
            _numbered.Add(entry);
        Zxid = entry.Zxid;
        foreach (var judge in _judges)
            judge.Happened(entry);
    }

    /// <summary>The entry that took a zxid, or opened the term that begins with it; null when there is none.</summary>
    internal CanonEntry? Find(Zxid zxid)
    {
        var (low, high) = (0, _numbered.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = _numbered[middle].Zxid.CompareTo(zxid);
            if (order == 0)
                return _numbered[middle];
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return null;
    }

    private IReadOnlyList<Proof> ProofsOf(ReadOnlySpan<byte> identities)
    {
        if (identities.IsEmpty)
            return AccessRules.Nobody;
        var known = _proofs.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!known.TryGetValue(identities, out var proofs))
            known[identities] = proofs = CanonEntry.ProofsOf(identities);
        return proofs;
    }

    private static ulong PrintOf(in AppliedEntry entry)
    {
        var command = entry.Command;
        var print = Mix.Bytes(command.Body, Mix.Bytes(command.Identities, (ulong)command.Kind));
        print = Mix.Bits(print ^ (ulong)command.Session.Value) + command.Sequence;
        print = Mix.Bits(print ^ ((ulong)command.Attachment << 32 | (uint)command.Op)) + (ulong)entry.Time.Milliseconds;
        var answer = (uint)(entry.Answer ?? (Kernel.Wire.ErrorCode)1);
        return Mix.Bits(print ^ (ulong)entry.Zxid.Value) + ((ulong)entry.Term.Value << 32 | answer);
    }
}

/// <summary>A judge that holds what clients saw against the canonical sequence.</summary>
internal abstract class CanonJudge : HistoryJudge
{
    private protected CanonJudge(Canon canon)
    {
        Canon = canon;
        canon.Join(this);
    }

    private protected Canon Canon { get; }

    /// <summary>The sequence has grown by an entry, for the first time on any member.</summary>
    internal virtual void Happened(CanonEntry entry) { }
}
