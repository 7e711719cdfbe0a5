using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>
/// The recent entries in memory: bodies in one byte ring, heads in another, both bounded. The oldest entries are dropped once they are
/// applied; what is not applied yet fills the ring, and then proposals are held (design §9, bounds).
/// </summary>
/// <remarks>
/// A body is contiguous: one that does not fit before the end of the ring begins at its start. When the last entry is dropped the ring begins
/// again at its start, so a server that is never far behind needs only the beginning of it. The rings' arrays are small at first and grow when
/// that is not enough; what fits never depends on it.
/// <para>Alone, entries go as soon as they are applied. With others they stay until their room is needed, since a follower may still want
/// them: see <see cref="MakeRoom"/>.</para>
/// </remarks>
/// <param name="limits">How large the rings are.</param>
/// <param name="more">So many small entries fit beyond that.</param>
internal sealed class EntryLog(Limits limits, int more = 0)
{
    /// <summary>A small entry.</summary>
    public const int SmallBytes = 256;

    private const int FirstHeads = 64, FirstBytes = 8 << 10;

    /// <summary>Beyond this the byte ring gets its whole array at once: what has to be copied when it grows stays small.</summary>
    private const int CopiedBytes = 1 << 20;

    private readonly int _mostHeads = limits.LogRingEntries + more;
    private readonly int _mostBytes = limits.LogRingBytes + more * SmallBytes;
    private Head[] _heads = new Head[FirstHeads];   // a power of two
    private byte[] _bytes = new byte[FirstBytes];
    private Head _base;         // of the entry at Base
    private int _begin, _end;   // bytes in use run from _begin to _end, around the ring's end when _end <= _begin and there are entries

    private struct Head
    {
        public Term Term;
        public WallTime Time;
        public ulong Chain;
        public int Offset, Length;
        public long Through;   // bytes of all bodies up to this one's end
    }

    /// <summary>The index before the oldest entry in memory.</summary>
    public LogIndex Base { get; private set; }

    /// <summary>The newest entry's index; <see cref="Base"/> when there is none.</summary>
    public LogIndex Last { get; private set; }

    /// <summary>The newest entry's term.</summary>
    public Term LastTerm { get; private set; }

    /// <summary>The chained checksum after the newest entry.</summary>
    public ulong LastChain { get; private set; }

    /// <summary>The newest entry's time.</summary>
    public WallTime LastTime { get; private set; }

    /// <summary>The newest entry's place in the log's history.</summary>
    public LogPosition LastPosition => new(Last, LastTerm, LastChain);

    public int Count => (int)(Last.Value - Base.Value);

    public Entry this[LogIndex index]
    {
        get
        {
            Invariant.Holds(index > Base && index <= Last);
            ref var head = ref HeadOf(index);
            return new()
            {
                Index = index,
                Term = head.Term,
                Time = head.Time,
                Chain = head.Chain,
                Body = _bytes.AsSpan(head.Offset, head.Length),
            };
        }
    }

    /// <summary>Bytes of the bodies behind an entry in memory, or behind the one just before them.</summary>
    public long BytesAfter(LogIndex index) => BytesThrough(Last) - BytesThrough(index);

    /// <summary>Whether the place of an entry is known: it is in memory, or just before what is.</summary>
    public bool Knows(LogIndex index) => index >= Base && index <= Last;

    /// <summary>The chained checksum after an entry in memory, or after the one just before them.</summary>
    public ulong ChainAt(LogIndex index) => At(index).Chain;

    /// <summary>The term of an entry in memory, or of the one just before them.</summary>
    public Term TermAt(LogIndex index) => At(index).Term;

    /// <summary>The place in history of an entry in memory, or of the one just before them.</summary>
    public LogPosition PositionAt(LogIndex index)
    {
        ref var head = ref At(index);
        return new(index, head.Term, head.Chain);
    }

    /// <summary>Starts over behind an entry that lies in a snapshot.</summary>
    public void Reset(LogIndex index, Term term, ulong chain, WallTime time)
    {
        (Base, Last, LastTerm, LastChain, LastTime) = (index, index, term, chain, time);
        _base = new() { Term = term, Chain = chain, Time = time };
        _begin = _end = 0;
    }

    /// <summary>Whether an entry of <paramref name="length"/> bytes would fit now.</summary>
    public bool Fits(int length) => Count < _mostHeads && Place(length) >= 0;

    /// <summary>
    /// Whether an entry of <paramref name="length"/> bytes fits and leaves room for so many more entries, if need be in place of the oldest ones
    /// up to <paramref name="droppable"/>.
    /// </summary>
    public bool MakeRoom(int length, LogIndex droppable, int entriesLeft = 0)
    {
        while (!Fits(length) || _mostHeads - Count <= entriesLeft)
        {
            if (Base >= droppable)
                return false;
            DropThrough(Base.Next);
        }
        return true;
    }

    /// <summary>Appends an entry whose body the caller writes into the span that is returned, before <see cref="Seal"/>.</summary>
    public Span<byte> Append(Term term, WallTime time, int length)
    {
        Invariant.Holds(term >= LastTerm);
        var offset = Place(length);
        Invariant.Holds(offset >= 0 && Count < _mostHeads);
        if (Count == _heads.Length)
            GrowHeads();
        if (offset + length > _bytes.Length)
            GrowBytes(offset + length);
        Last = Last.Next;
        HeadOf(Last) = new() { Term = term, Time = time, Offset = offset, Length = length, Through = BytesThrough(Last.Previous) + length };
        _end = offset + length;
        return _bytes.AsSpan(offset, length);
    }

    /// <summary>Completes the entry that was appended last: its body has been written.</summary>
    public void Seal()
    {
        ref var head = ref HeadOf(Last);
        head.Chain = Chain.Next(LastChain, Last, head.Term, head.Time, _bytes.AsSpan(head.Offset, head.Length));
        (LastTerm, LastTime, LastChain) = (head.Term, head.Time, head.Chain);
    }

    /// <summary>Forgets the entries up to and including <paramref name="index"/>.</summary>
    public void DropThrough(LogIndex index)
    {
        Invariant.Holds(index <= Last);
        if (index <= Base)
            return;
        _base = HeadOf(index);
        Base = index;
        if (Base == Last)
            _begin = _end = 0;
        else
            _begin = HeadOf(Base.Next).Offset;
    }

    /// <summary>Takes back the entries after <paramref name="index"/>: another leader's history goes on from there.</summary>
    public void TruncateAfter(LogIndex index)
    {
        Invariant.Holds(Knows(index));
        ref var head = ref At(index);
        (Last, LastTerm, LastChain, LastTime) = (index, head.Term, head.Chain, head.Time);
        if (Base == Last)
            _begin = _end = 0;
        else
            _end = head.Offset + head.Length;
    }

    /// <summary>Moves the bodies to the start of the ring, one behind the other, so that all that is free lies behind them.</summary>
    /// <remarks>
    /// How much fits depends on where the ring's end cuts what is free in two. Recovery needs it: what one ring held, another must hold as well.
    /// </remarks>
    public void Repack()
    {
        var bodies = new byte[BytesAfter(Base)];
        var at = 0;
        for (var index = Base.Next; index <= Last; index = index.Next)
        {
            ref var head = ref HeadOf(index);
            _bytes.AsSpan(head.Offset, head.Length).CopyTo(bodies.AsSpan(at));
            head.Offset = at;
            at += head.Length;
        }
        bodies.CopyTo(_bytes, 0);
        (_begin, _end) = (0, at);
    }

    private void GrowHeads()
    {
        var larger = new Head[_heads.Length * 2];
        for (var index = Base.Next; index <= Last; index = index.Next)
            larger[(int)(index.Value & (ulong)(larger.Length - 1))] = HeadOf(index);
        _heads = larger;
    }

    private void GrowBytes(int needed)
    {
        var wanted = Math.Max((long)needed, 2L * _bytes.Length);
        Array.Resize(ref _bytes, wanted > CopiedBytes ? _mostBytes : (int)Math.Min(wanted, _mostBytes));
    }

    private long BytesThrough(LogIndex index) => index == Base ? _base.Through : HeadOf(index).Through;

    private ref Head At(LogIndex index)
    {
        Invariant.Holds(Knows(index));
        if (index == Base)
            return ref _base;
        return ref HeadOf(index);
    }

    private ref Head HeadOf(LogIndex index) => ref _heads[(int)(index.Value & (ulong)(_heads.Length - 1))];

    /// <summary>Where a body would begin, or −1 when the ring has no room. One byte always stays free, so that full and empty differ.</summary>
    private int Place(int length)
    {
        if (Count == 0)
            return length <= _mostBytes ? 0 : -1;
        if (_end > _begin)
            return _mostBytes - _end >= length ? _end : _begin > length ? 0 : -1;
        return _begin - _end > length ? _end : -1;
    }
}
