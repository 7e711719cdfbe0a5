using Quorate.Kernel.Ground;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>
/// No session sees time run back: zxids in its replies never decrease, whichever members it talks to, and an event comes before every
/// reply at or past its zxid on that connection.
/// </summary>
internal sealed class SeenOrder : HistoryJudge
{
    private readonly Dictionary<SessionId, Zxid> _replies = [];
    private readonly Dictionary<(int Client, int Connection), Zxid> _connections = [];
    private readonly Dictionary<(int Client, int Connection), Zxid> _events = [];

    /// <inheritdoc/>
    public override void Returned(Operation operation)
    {
        if (operation.Answer is not { } answer || answer.Zxid <= Zxid.Zero)
            return;
        var connection = (operation.Client, operation.Connection);
        var before = _replies.GetValueOrDefault(operation.Session);
        if (answer.Zxid < before)
            Accuse($"The reply to {operation} shows zxid {answer.Zxid}; the session had seen {before} in a reply.");
        if (answer.Zxid < _events.GetValueOrDefault(connection))
            Accuse($"The reply to {operation} shows zxid {answer.Zxid}; an event at {_events[connection]} had come before it.");
        _replies[operation.Session] = answer.Zxid;
        _connections[connection] = answer.Zxid;
    }

    /// <inheritdoc/>
    public override void Saw(WatchSeen seen)
    {
        if (seen.Zxid == WatchSeen.CaughtUp)
            return;
        var connection = (seen.Client, seen.Connection);
        if (seen.Zxid <= _connections.GetValueOrDefault(connection))
            Accuse($"{seen} came after a reply at {_connections[connection]}.");
        if (seen.Zxid < _events.GetValueOrDefault(connection))
            Accuse($"{seen} came after an event at {_events[connection]}.");
        _events[connection] = seen.Zxid;
    }
}
