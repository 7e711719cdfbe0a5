using System.Buffers.Binary;
using Quorate.Kernel.Trees;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>
/// The replicated machine: tree, sessions and counters as a function of the log. Every member applies the same entries in the same order and
/// reaches the same state, so apply reads no clock, no setting and no chance; whatever else it needs was stamped into the entry (A7).
/// </summary>
/// <remarks>
/// An entry has its turn only if its number is the next one of what it is numbered by: the session's attachment for clients' writes, the
/// incarnation for what a member proposes on its own behalf (design §6.2, A4). Everything a session can rely on, FIFO order, at most once,
/// refusal after a move, follows from that one comparison.
/// </remarks>
internal sealed partial class Machine
{
    private MemberNumbers _members = new();
    private Level _level;
    private Digest _levelDigest;

    public Machine(ulong hashKey)
    {
        Tree = new(hashKey);
        KeepLevel(default);
    }

    public Tree Tree { get; }

    public Sessions Sessions { get; } = new();

    /// <summary>The last zxid taken: what reply headers carry.</summary>
    public Zxid Zxid { get; private set; }

    /// <summary>The last entry applied.</summary>
    public LogIndex AppliedIndex { get; private set; }

    /// <summary>Its term.</summary>
    public Term AppliedTerm { get; private set; }

    /// <summary>Its time.</summary>
    public WallTime AppliedTime { get; private set; }

    /// <summary>The replicated bounds in force.</summary>
    public Level Level => _level;

    /// <summary>The digest of the whole state: equal on all members that have applied the same entries.</summary>
    public Digest Digest
    {
        get
        {
            Span<byte> zxid = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(zxid, Zxid.Value);
            return Tree.Digest + Sessions.Digest + _members.Digest + _levelDigest + _membershipDigest + Digest.Of(zxid, salt: 0x2819);
        }
    }

    /// <summary>Applies the next entry.</summary>
    /// <param name="entry">Position and time of the entry.</param>
    /// <param name="command">What it asks for.</param>
    /// <param name="changes">Receives the facts for the watchers; cleared first.</param>
    /// <param name="reply">Receives the reply's record, if there is one, at its end.</param>
    public Outcome Apply(in EntryStamp entry, in Command command, Changes changes, JuteWriter reply)
    {
        Invariant.Holds(entry.Index == AppliedIndex.Next);
        Invariant.Holds(entry.Term >= AppliedTerm);
        Tree.Acls.Sweep();
        changes.Clear();
        var outcome = command.Kind switch
        {
            CommandKind.Open => Open(entry.Term),
            CommandKind.Level => SetLevel(command.Body),
            CommandKind.CreateSession => CreateSession(command),
            CommandKind.Attach => Attach(command),
            CommandKind.CloseSession => CloseSession(command, changes),
            CommandKind.ExpireSession => ExpireSession(command.Session, changes),
            CommandKind.Write => Write(entry.Time, command, changes, reply),
            CommandKind.Silent => Silence(command),
            CommandKind.Touched => Silence(command),
            CommandKind.Membership => SetMembership(entry.Time, command, changes),
            CommandKind.DeleteContainer => DeleteContainer(entry.Time, command.Body, changes),
            _ => throw new BrokenInvariantException($"entry {entry.Index} has the unknown kind {command.Kind}"),
        };
        changes.Zxid = Zxid;
        (AppliedIndex, AppliedTerm, AppliedTime) = (entry.Index, entry.Term, entry.Time);
        return outcome;
    }

    private Outcome Open(Term term)
    {
        Zxid = new(term, 0);
        return new(Verdict.Applied, ErrorCode.Ok, Zxid.Zero, SessionId.None, 0, default);
    }

    private Outcome SetLevel(ReadOnlySpan<byte> body)
    {
        KeepLevel(Level.Read(body));
        return new(Verdict.Applied, ErrorCode.Ok, Zxid.Zero, SessionId.None, 0, default);
    }

    private void KeepLevel(in Level level) => (_level, _levelDigest) = (level, level.Digest);

    private Zxid TakeZxid()
    {
        Invariant.Holds(Zxid.Counter < uint.MaxValue);   // B2: the leader stops proposing before the counter can wrap.
        return Zxid = new(Zxid.Epoch, Zxid.Counter + 1);
    }
}

/// <summary>Where and when an entry stands in the log.</summary>
internal readonly record struct EntryStamp(LogIndex Index, Term Term, WallTime Time);
