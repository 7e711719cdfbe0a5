using System.Buffers.Binary;
using Quorate.Kernel.Trees;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>Opening, attaching and closing sessions.</summary>
internal sealed partial class Machine
{
    private Outcome CreateSession(in Command command)
    {
        var verdict = _members.Judge(command.Origin, command.Incarnation, command.Sequence);
        if (verdict != Verdict.Applied)
            return Skipped(verdict, SessionId.None);
        if (Sessions.Count >= _level.Sessions)
            return new(Verdict.Applied, ErrorCode.SessionExpired, TakeZxid(), SessionId.None, 0, default);
        var asked = SessionCommand.Read(command.Body);
        var zxid = TakeZxid();
        // A zxid is given once, so it is an id given once; and it keeps clear of the top bits that mark containers and TTL znodes.
        var id = new SessionId(zxid.Value);
        Sessions.Open(new()
        {
            Id = id,
            TimeoutMilliseconds = asked.TimeoutMilliseconds,
            BelievedMilliseconds = asked.TimeoutMilliseconds,
            Attachment = 1,
            NextSequence = 1,
            Password = asked.Password,
        });
        return new(Verdict.Applied, ErrorCode.Ok, zxid, id, 1, default);
    }

    /// <summary>Moves a session to the connection that asked. A wrong password or an unknown session moves nothing (C3).</summary>
    private Outcome Attach(in Command command)
    {
        var verdict = _members.Judge(command.Origin, command.Incarnation, command.Sequence);
        if (verdict != Verdict.Applied)
            return Skipped(verdict, command.Session);
        var asked = SessionCommand.Read(command.Body);
        var row = Sessions.Find(command.Session);
        if (row == Sessions.None || Sessions[row].Password != asked.Password)
            return new(Verdict.Applied, ErrorCode.SessionExpired, Zxid.Zero, command.Session, 0, default);
        var session = Sessions[row];
        session.TimeoutMilliseconds = asked.TimeoutMilliseconds;
        session.BelievedMilliseconds = Math.Max(session.BelievedMilliseconds, asked.TimeoutMilliseconds);
        session.SilentMilliseconds = 0;
        session.Attachment++;
        session.NextSequence = 1;
        Sessions.Update(row, session);
        return new(Verdict.Applied, ErrorCode.Ok, Zxid.Zero, command.Session, session.Attachment, default);
    }

    private Outcome CloseSession(in Command command, Changes changes)
    {
        var turn = TakeTurn(command, out var row);
        if (turn is not null)
            return turn.Value;
        var zxid = TakeZxid();
        End(row, zxid, changes);
        return new(Verdict.Applied, ErrorCode.Ok, zxid, command.Session, 0, default);
    }

    /// <summary>The leader closes a session that was silent. One that is gone already was closed by an earlier copy of the same decision.</summary>
    private Outcome ExpireSession(SessionId id, Changes changes)
    {
        var row = Sessions.Find(id);
        if (row == Sessions.None)
            return Skipped(Verdict.Duplicate, id);
        var zxid = TakeZxid();
        End(row, zxid, changes);
        return new(Verdict.Applied, ErrorCode.Ok, zxid, id, 0, default);
    }

    /// <summary>Notes how long a session has been silent, or that it no longer is, for the leader that reads the log next.</summary>
    private Outcome Silence(in Command command)
    {
        var row = Sessions.Find(command.Session);
        if (row != Sessions.None)
            Sessions.Silence(row, command.Kind == CommandKind.Silent ? BinaryPrimitives.ReadInt32LittleEndian(command.Body) : 0);
        return new(Verdict.Applied, ErrorCode.Ok, Zxid.Zero, command.Session, 0, default);
    }

    /// <summary>Deletes all ephemerals of a session in this one transaction, then the session.</summary>
    private void End(int row, Zxid zxid, Changes changes)
    {
        var id = Sessions[row].Id;
        Tree.Begin();
#if MUTANTS
        if (!Mutant.Is(Mutants.EphemeralsOutlive))
#endif
        while (Tree.FirstEphemeral(id) is var slot && slot != Tree.None)
            Remove(slot, zxid, changes);
        Tree.Commit();
        Sessions.Close(row);
    }

    /// <summary>Whether a session's entry has its turn. Null when it has; then its number is counted.</summary>
    /// <remarks>Refusals as expired or moved number like failed writes; skips take no number (C2).</remarks>
    private Outcome? TakeTurn(in Command command, out int row)
    {
        row = Sessions.Find(command.Session);
        if (row == Sessions.None)
            return new(Verdict.Applied, ErrorCode.SessionExpired, TakeZxid(), command.Session, 0, default);
        ref readonly var session = ref Sessions[row];
#if MUTANTS
        if (command.Attachment < session.Attachment && Mutant.Is(Mutants.MovedWritesApply))
            return null;
        if (command.Sequence < session.NextSequence && Mutant.Is(Mutants.DuplicatesApply))
            return null;
#endif
        if (command.Attachment < session.Attachment)
            return new(Verdict.Applied, ErrorCode.SessionMoved, TakeZxid(), command.Session, 0, default);
        Invariant.Holds(command.Attachment == session.Attachment);   // an attachment is known only from its applied entry
        if (command.Sequence != session.NextSequence)
            return Skipped(command.Sequence < session.NextSequence ? Verdict.Duplicate : Verdict.Gap, command.Session);
        Sessions.Advance(row);
        return null;
    }

    private static Outcome Skipped(Verdict verdict, SessionId session) => new(verdict, ErrorCode.Ok, Zxid.Zero, session, 0, default);
}
