using System.Buffers.Binary;
using Quorate.Kernel.Machines;

namespace Quorate.Kernel;

/// <summary>What time alone brings about: expired sessions, due containers, late hosts.</summary>
public sealed partial class Server
{
    /// <summary>Time first: a server that was paused learns its age before it reads its mail.</summary>
    private void Elapse(Effects effects)
    {
        if (_front is null)
            return;
        _raft.Elapse(_now, effects);                     // before expiry: a leader that is none any more must not expire anybody (B3)
        _front.Elapse(_now, effects);
        if (!_raft.LeadsFirmly || State is not ServerState.Serving)
            return;
        ForgiveLateness();
        ProposeExpired();
        ProposeDeletes();
    }

    /// <summary>
    /// B3: when the host comes later than it was told to, whole touches may still wait in its inbox; the lateness is nobody's silence, so it is
    /// added to every session's deadline.
    /// </summary>
    private void ForgiveLateness()
    {
        if (_published == Instant.Never || _now.Instant - _published <= _settings.Heartbeat)
            return;
        _front!.Expiry.Late(_now.Instant - _published, _now);
        _published = Instant.Never;   // forgiven once, however many inputs the batch holds
    }

    private void ProposeExpired()
    {
        while (_front!.Expiry.NextDeadline <= _now.Instant && MayPropose && _front.Expiry.TryTake(_now, out var session, out var silence))
        {
            if (silence > TimeSpan.Zero)
            {
                ProposeSilence(session, silence);
                continue;
            }
            _trace.Note(NoteLevel.Information, 0, $"Session {session} was silent for its timeout and is being closed.");
            _front.Statistics.SessionsExpired++;
            Propose(new() { Kind = CommandKind.ExpireSession, Origin = _settings.Id, Session = session });
        }
    }

    /// <summary>What this leader knows of a session's silence would be lost with it; in the log it is not (§6.2).</summary>
    private void ProposeSilence(SessionId session, TimeSpan silence)
    {
        Span<byte> milliseconds = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(milliseconds, (int)silence.TotalMilliseconds);
        Propose(new() { Kind = CommandKind.Silent, Origin = _settings.Id, Session = session, Body = milliseconds });
    }

    private void ProposeDeletes()
    {
        while (_janitor.NextDeadline <= _now.Instant && MayPropose && _janitor.TryTake(_now, out var slot))
        {
            Propose(new() { Kind = CommandKind.DeleteContainer, Origin = _settings.Id, Body = _machine.Tree.PathOf(slot) });
        }
    }
}
