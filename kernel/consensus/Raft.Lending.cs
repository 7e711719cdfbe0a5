using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>What a member that lost entries wants to borrow.</summary>
/// <param name="Last">The end of its log.</param>
/// <param name="Mark">The last entry that it may have acknowledged.</param>
internal readonly record struct Loan(LogPosition Last, LogPosition Mark)
{
    public const int Bytes = 40;

    public void Write(Span<byte> body)
    {
        var fields = new FieldWriter(body);
        fields.Position(Last);
        fields.Position(Mark);
    }

    public static Loan Read(ReadOnlySpan<byte> body)
    {
        var fields = new FieldReader(body);
        return new(fields.Position(), fields.Position());
    }
}

/// <summary>Repair without a leader (A8): whoever holds what another member lost lends it.</summary>
/// <remarks>
/// Damaged members do not stand, and refuse whoever lacks what they may have acknowledged. So where all who could be elected are damaged, and
/// an observer or a member that lost something else has what they lost, nobody would ever lead. A member that has lost entries and hears no
/// leader therefore asks everybody for what follows its log, up to its mark. Only those lend who hold the mark itself, or who know that all
/// up to its index is committed; so nothing else takes the place of what was lost.
/// <para>
/// A log that is prolonged by entries which lay behind the very same past is a log that this member may have had, whatever the term by now:
/// the entries are acknowledged to nobody, so no leader of an older term counts them.
/// </para>
/// </remarks>
internal sealed partial class Raft
{
    private readonly bool[] _borrows = new bool[byte.MaxValue + 1];   // who gets what the owner is reading from the journal

    private bool MayBorrow => !IsWhole && !_convalescence.IsMarkLost && Leader == default && !_convalescence.IsOverAt(Log.LastPosition);

    private void AskToBorrow(Effects effects)
    {
        foreach (var peer in _peers)
            AskToBorrow(peer.Id, effects);
    }

    private void AskToBorrow(ServerId from, Effects effects)
    {
        Span<byte> body = stackalloc byte[Loan.Bytes];
        new Loan(Log.LastPosition, _convalescence.Mark).Write(body);
        Send(from, PeerKind.Borrow, body, effects);
    }

    private void OnBorrow(ServerId from, in PeerMessage message, Effects effects)
    {
        var loan = Loan.Read(message.Body);
        if (Role == Role.Leader || Known(from, message) is null || !Holds(loan))
            return;
        if (!Log.Knows(loan.Last.Index))
        {
            _borrows[from.Value] = replica.JournalHas(loan.Last.Index.Next);
            if (_borrows[from.Value])
                replica.ReadJournal(from, loan.Last.Index.Next);
            return;
        }
        var frame = new AppendWriter(effects, PeerKind.Lent, Identity, Term, Log.PositionAt(loan.Last.Index), limits.PeerFrameBytes);
        for (var index = loan.Last.Index.Next; index <= Log.Last && frame.TryAdd(Log[index]); index = index.Next) ;
        effects.Send(from, frame.Seal(Committed, round: 0));
    }

    private bool Holds(in Loan loan) =>
        loan.Last.Index < loan.Mark.Index && loan.Mark.Index <= Log.Last
        && (loan.Mark.Index <= Committed || Log.PositionAt(loan.Mark.Index) == loan.Mark)
        && (!Log.Knows(loan.Last.Index) || Log.PositionAt(loan.Last.Index) == loan.Last);

    private void OnLent(ServerId from, in PeerMessage message, Moment now, Effects effects)
    {
        var entries = new AppendReader(message.Body);
        var before = Log.Last;
        if (!MayBorrow || entries.Head.Previous != Log.LastPosition)
            return;
        var wanted = entries.Head.Commit > _convalescence.Mark.Index ? entries.Head.Commit : _convalescence.Mark.Index;
        while (entries.TryNext(out var entry) && entry.Index <= wanted && Log.MakeRoom(entry.Body.Length, Droppable) && TryExtend(entry, now, out _)) ;
        CommitThrough(entries.Head.Commit < Log.Last ? entries.Head.Commit : Log.Last);
        if (Log.Last > before)
            trace.Note(NoteLevel.Information, 0, $"Got back entries {before.Next} to {Log.Last} from member {from}.");
        if (Log.Last > before && MayBorrow)
            AskToBorrow(from, effects);
    }
}
