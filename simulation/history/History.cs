using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Histories;

/// <summary>
/// What clients asked and saw, in true time. Whoever drives a client reports here, in the order in which the client's own program learns of
/// things; what is reported is kept, for drawing and for judges that want it whole, and passed on at once to the judges that listen.
/// </summary>
/// <remarks>
/// The order of the calls is the real-time order that judges hold the ensemble to: an operation returned before another was called if its
/// <see cref="Return"/> came before the other's <see cref="Call"/>. Pings and setWatches are operations like all others.
/// </remarks>
internal sealed class History(params IReadOnlyList<HistoryJudge> judges)
{
    private readonly HistoryJudge[] _judges = [.. judges];
    private readonly List<Operation> _operations = [];
    private readonly List<WatchSeen> _watches = [];
    private readonly List<SessionSeen> _sessions = [];

    /// <summary>All operations, in the order in which they were called.</summary>
    public IReadOnlyList<Operation> Operations => _operations;

    /// <summary>All watch events that reached clients.</summary>
    public IReadOnlyList<WatchSeen> Watches => _watches;

    /// <summary>What clients learnt about their sessions.</summary>
    public IReadOnlyList<SessionSeen> Sessions => _sessions;

    /// <summary>A client wants something.</summary>
    public Operation Call(TrueTime now, int client, Request request)
    {
        var operation = new Operation(_operations.Count, client, request, now);
        _operations.Add(operation);
        foreach (var judge in _judges)
            judge.Called(operation);
        return operation;
    }

    /// <summary>Its bytes were put on a connection. Requests of one connection are reported in the order of its stream.</summary>
    public void Send(TrueTime now, Operation operation, SessionId session, int connection, ServerId server)
    {
        (operation.Sent, operation.Session, operation.Connection, operation.Server) = (now, session, connection, server);
        foreach (var judge in _judges)
            judge.Sent(operation);
    }

    /// <summary>The reply came.</summary>
    public void Return(TrueTime now, Operation operation, Answer answer)
    {
        (operation.Fate, operation.Answer, operation.Returned) = (Fate.Answered, answer, now);
        foreach (var judge in _judges)
            judge.Returned(operation);
    }

    /// <summary>No reply will come.</summary>
    public void Lose(TrueTime now, Operation operation)
    {
        (operation.Fate, operation.Returned) = (Fate.Unknown, now);
        foreach (var judge in _judges)
            judge.Returned(operation);
    }

    /// <summary>A notification came.</summary>
    public void See(WatchSeen seen)
    {
        _watches.Add(seen);
        foreach (var judge in _judges)
            judge.Saw(seen);
    }

    /// <summary>A client learnt something about its session. A disconnection is reported after the operations it has cost.</summary>
    public void See(SessionSeen seen)
    {
        _sessions.Add(seen);
        foreach (var judge in _judges)
            judge.Saw(seen);
    }
}
