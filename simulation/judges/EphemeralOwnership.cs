using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>An ephemeral exists if and only if the session that owns it does, and only its owner's create made it.</summary>
/// <remarks>
/// It keeps the lives of sessions and of acknowledged ephemerals for itself, in zxids, and holds every Stat and every NoNode that a client
/// sees against them.
/// </remarks>
internal sealed class EphemeralOwnership(Canon canon) : CanonJudge(canon)
{
    private sealed class Life
    {
        public required Zxid From { get; init; }
        public Zxid To { get; set; } = new(long.MaxValue);
        public bool IsOpen => To.Value == long.MaxValue;
        public bool Covers(Zxid zxid) => From <= zxid && zxid < To;
    }

    private readonly Dictionary<SessionId, Life> _sessions = [];
    private readonly Dictionary<string, (SessionId Owner, Life Life)> _ephemerals = [];
    private int _facts;

    internal override void Happened(CanonEntry entry)
    {
        if (entry.Kind == CommandKind.CreateSession && entry.Answer == ErrorCode.Ok)
            _sessions[entry.Session] = new() { From = entry.Zxid };
        if (entry.Kind is CommandKind.CloseSession or CommandKind.ExpireSession && entry.Answer == ErrorCode.Ok
            && _sessions.TryGetValue(entry.Session, out var ended))
            ended.To = entry.Zxid;
        // Deletions by clients end an ephemeral's life before its session's; creates in multis and sequential ones begin it.
        for (var facts = Canon.Model.Facts; _facts < facts.Length; _facts++)
        {
            ref readonly var fact = ref facts[_facts];
            if (fact.Kind == FactKind.Created && Canon.Model.Find(fact.Path, fact.Zxid)?.Owner is { Value: not 0 } owner)
                _ephemerals[fact.Path] = (owner, new() { From = fact.Zxid });
            else if (fact.Kind == FactKind.Deleted && _ephemerals.TryGetValue(fact.Path, out var ephemeral) && ephemeral.Life.IsOpen)
                ephemeral.Life.To = fact.Zxid;   // once: what was made on the path afterwards may be no ephemeral
        }
    }

    /// <inheritdoc/>
    public override void Returned(Operation operation)
    {
        if (operation.Answer is not { } answer || operation.Request is not Request.Read read)
            return;
        if (answer.Stat is { EphemeralOwner: { Value: not 0 } owner } stat)
            JudgePresence(operation, answer.Zxid, owner, stat);
        else if (answer.Error == ErrorCode.NoNode && _ephemerals.TryGetValue(read.Path, out var ephemeral)
            && ephemeral.Life.Covers(answer.Zxid) && _sessions.TryGetValue(ephemeral.Owner, out var session) && session.Covers(answer.Zxid))
            Accuse($"The reply to {operation} at zxid {answer.Zxid} misses an ephemeral whose session {ephemeral.Owner} is open.");
    }

    private void JudgePresence(Operation operation, Zxid at, SessionId owner, Stat stat)
    {
        if (!_sessions.TryGetValue(owner, out var life))
            Accuse($"The reply to {operation} shows an ephemeral of session {owner}, which was never opened.");
        else if (!life.Covers(at))
            Accuse($"The reply to {operation} at zxid {at} shows an ephemeral of session {owner}, which lived from {life.From} to {life.To}.");
        else if (!life.Covers(stat.Czxid))
            Accuse($"The reply to {operation} shows an ephemeral created at {stat.Czxid}, outside the life of its session {owner}.");
    }
}
