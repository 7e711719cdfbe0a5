namespace Quorate.Kernel.Fronts;

/// <summary>The connections that have something to propose while consensus takes no proposals, in the order in which they came.</summary>
internal sealed class Backlog(IReplication replication, Throttle throttle)
{
    private readonly Ring<Connection> _connections = new(int.MaxValue);

    /// <summary>Lets a connection wait; it is not read from meanwhile.</summary>
    public void Wait(Connection connection, Effects effects)
    {
        if (connection.AwaitsRoom)
            return;
        connection.AwaitsRoom = true;
        _connections.Enqueue(connection);
        throttle.Hold(connection, HoldReasons.Log, effects);
    }

    /// <summary>Takes the connection that has waited longest, if proposals are taken again.</summary>
    public bool TryTake(out Connection connection)
    {
        connection = null!;
        if (_connections.Count == 0 || !replication.MayPropose)
            return false;
        connection = _connections.Dequeue();
        connection.AwaitsRoom = false;
        return true;
    }

    /// <summary>A connection that was taken has proposed all it had, and is read from again, or waits anew.</summary>
    public void Served(Connection connection, Effects effects)
    {
        if (!connection.AwaitsRoom)
            throttle.Release(connection, HoldReasons.Log, effects);
    }

    /// <summary>Forgets everyone: all connections have been hung up.</summary>
    public void Clear() => _connections.Clear();
}
