using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>
/// An append that is gathered while its entries are read from the journal: a frame may take several reads, since a segment ends where the
/// member that wrote it started anew or cut its log, and segments may be small. One frame for each segment would make whoever is behind
/// wait for one round trip after the other.
/// </summary>
/// <remarks>
/// What is taken in at once has to fit into the receiver's memory, which is taken to be as large as this member's: half of it at most.
/// </remarks>
internal sealed class CatchUpFrame(Limits limits)
{
    private readonly int _bytesMax = Math.Min(limits.PeerFrameBytes - PeerCodec.HeaderBytes - AppendHead.Bytes, limits.LogRingBytes / 2);
    private readonly Arena _entries = new(initial: 0);
    private LogPosition _previous;

    /// <summary>The first entry in the frame, if there is one.</summary>
    public LogIndex First => _previous.Index.Next;

    /// <summary>The last entry in the frame.</summary>
    public LogIndex Last { get; private set; }

    /// <summary>How many entries there are.</summary>
    public int Count => (int)(Last.Value - _previous.Index.Value);

    /// <summary>Bytes of the entries.</summary>
    public int EntryBytes => _entries.Length;

    /// <summary>Forgets the entries.</summary>
    public void Clear() => Begin(default);

    /// <summary>Begins anew, behind a place.</summary>
    public void Begin(in LogPosition previous)
    {
        _entries.Clear();
        (_previous, Last) = (previous, previous.Index);
    }

    /// <summary>Adds the next entry; false, and nothing is added, when the frame is full. One entry always fits.</summary>
    public bool TryAdd(in Entry entry)
    {
        Invariant.Holds(entry.Index == Last.Next);
        var length = AppendWriter.EntryHeaderBytes + entry.Body.Length;
        if (Count > 0 && (EntryBytes + length > _bytesMax || Count >= Raft.CatchUpEntries(limits)))
            return false;
        AppendWriter.Write(_entries[_entries.Reserve(length)], entry);
        Last = entry.Index;
        return true;
    }

    /// <summary>Writes the frame into the arena of the effects.</summary>
    public Slice Seal(Effects effects, PeerKind kind, in PeerIdentity sender, Term term, LogIndex commit, ulong round)
    {
        var frame = effects.Arena.Reserve(PeerCodec.HeaderBytes + AppendHead.Bytes + EntryBytes);
        var bytes = effects.Arena[frame];
        new AppendHead(_previous, commit, round, Count).Write(bytes[PeerCodec.HeaderBytes..]);
        _entries.Written.CopyTo(bytes[(PeerCodec.HeaderBytes + AppendHead.Bytes)..]);
        PeerCodec.Seal(bytes, kind, sender, term);
        return frame;
    }
}
