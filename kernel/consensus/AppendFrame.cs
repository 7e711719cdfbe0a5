using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>The body of an append, before its entries.</summary>
/// <param name="Previous">The place in the leader's log right before the entries.</param>
/// <param name="Commit">How far the leader knows the log to be committed.</param>
/// <param name="Round">The confirmation round under way.</param>
/// <param name="Count">How many entries follow.</param>
internal readonly record struct AppendHead(LogPosition Previous, LogIndex Commit, ulong Round, int Count)
{
    public const int Bytes = 20 + 8 + 8 + 4;

    public void Write(Span<byte> body)
    {
        var fields = new FieldWriter(body);
        fields.Position(Previous);
        fields.ULong(Commit.Value);
        fields.ULong(Round);
        fields.UInt((uint)Count);
    }

    public static AppendHead Read(ReadOnlySpan<byte> body)
    {
        var fields = new FieldReader(body);
        return new(fields.Position(), new(fields.ULong()), fields.ULong(), (int)fields.UInt());
    }
}

/// <summary>
/// Writes an append straight into the arena of the effects: header, head, and entries one after another. Nobody else may write there before
/// <see cref="Seal"/>.
/// </summary>
/// <remarks>An entry: term (4), length of the body (4), time (8), chain after it (8), body.</remarks>
internal ref struct AppendWriter
{
    public const int EntryHeaderBytes = 24;

    private readonly Effects _effects;
    private readonly PeerKind _kind;
    private readonly PeerIdentity _sender;
    private readonly Term _term;
    private readonly LogPosition _previous;
    private readonly int _start, _bound;

    /// <summary>Begins a frame of at most <paramref name="bound"/> bytes, which always holds one entry.</summary>
    public AppendWriter(Effects effects, PeerKind kind, PeerIdentity sender, Term term, in LogPosition previous, int bound)
    {
        (_effects, _kind, _sender, _term, _previous, _bound) = (effects, kind, sender, term, previous, bound);
        _start = effects.Arena.Length;
        Last = previous.Index;
        effects.Arena.Reserve(PeerCodec.HeaderBytes + AppendHead.Bytes);
    }

    /// <summary>The first entry in the frame, if there is one.</summary>
    public readonly LogIndex First => _previous.Index.Next;

    /// <summary>The last entry in the frame.</summary>
    public LogIndex Last { get; private set; }

    /// <summary>How many entries there are.</summary>
    public readonly int Count => (int)(Last.Value - _previous.Index.Value);

    /// <summary>Bytes of the entries.</summary>
    public int EntryBytes { get; private set; }

    /// <summary>Adds the next entry; false, and nothing is added, when the frame is full.</summary>
    public bool TryAdd(in Entry entry)
    {
        Invariant.Holds(entry.Index == Last.Next);
        var length = EntryHeaderBytes + entry.Body.Length;
        if (Count > 0 && _effects.Arena.Length - _start + length > _bound)
            return false;
        Write(_effects.Arena[_effects.Arena.Reserve(length)], entry);
        Last = entry.Index;
        EntryBytes += length;
        return true;
    }

    /// <summary>Writes one entry, as it lies in a frame.</summary>
    public static void Write(Span<byte> bytes, in Entry entry)
    {
        var fields = new FieldWriter(bytes);
        fields.UInt(entry.Term.Value);
        fields.UInt((uint)entry.Body.Length);
        fields.ULong((ulong)entry.Time.Milliseconds);
        fields.ULong(entry.Chain);
        fields.Bytes(entry.Body);
    }

    /// <summary>Completes the frame.</summary>
    public readonly Slice Seal(LogIndex commit, ulong round)
    {
        var frame = new Slice(_start, _effects.Arena.Length - _start);
        Invariant.Holds(frame.Length == PeerCodec.HeaderBytes + AppendHead.Bytes + EntryBytes);
        var bytes = _effects.Arena[frame];
        new AppendHead(_previous, commit, round, Count).Write(bytes[PeerCodec.HeaderBytes..]);
        PeerCodec.Seal(bytes, _kind, _sender, _term);
        return frame;
    }
}

/// <summary>Walks the entries of an append.</summary>
internal ref struct AppendReader
{
    private ReadOnlySpan<byte> _rest;
    private int _left;
    private LogIndex _last;

    /// <summary>The entries of a body whose layout has been checked.</summary>
    public AppendReader(ReadOnlySpan<byte> body)
    {
        Head = AppendHead.Read(body);
        _rest = body[AppendHead.Bytes..];
        _left = Head.Count;
        _last = Head.Previous.Index;
    }

    /// <summary>What stands before the entries.</summary>
    public readonly AppendHead Head { get; }

    /// <summary>Takes the next entry, if there is one.</summary>
    public bool TryNext(out Entry entry)
    {
        entry = default;
        if (_left == 0)
            return false;
        var rest = _rest;
        var fields = new FieldReader(rest);
        var (term, length) = (new Term(fields.UInt()), (int)fields.UInt());
        entry = new()
        {
            Index = _last.Next,
            Term = term,
            Time = new((long)fields.ULong()),
            Chain = fields.ULong(),
            Body = rest.Slice(AppendWriter.EntryHeaderBytes, length),
        };
        _rest = rest[(AppendWriter.EntryHeaderBytes + length)..];
        _last = entry.Index;
        _left--;
        return true;
    }

    /// <summary>
    /// Whether bytes of any origin are the body of an append in <paramref name="term"/>: lengths add up, no term runs back or beyond.
    /// </summary>
    public static bool IsWhole(ReadOnlySpan<byte> body, Term term)
    {
        if (body.Length < AppendHead.Bytes)
            return false;
        var head = AppendHead.Read(body);
        if (head.Count < 0 || head.Previous.Index.Value > ulong.MaxValue - uint.MaxValue)
            return false;
        var rest = body[AppendHead.Bytes..];
        var last = head.Previous.Term;
        for (var i = 0; i < head.Count; i++)
        {
            if (rest.Length < AppendWriter.EntryHeaderBytes)
                return false;
            var fields = new FieldReader(rest);
            var (of, length) = (new Term(fields.UInt()), fields.UInt());
            if (of < last || length > rest.Length - AppendWriter.EntryHeaderBytes)
                return false;
            last = of;
            rest = rest[(AppendWriter.EntryHeaderBytes + (int)length)..];
        }
        return rest.IsEmpty && last <= term;
    }
}
