namespace Quorate.Hosts.Tcp;

/// <summary>The connections the kernel knows, found by their number without hashing. For the kernel thread alone.</summary>
/// <remarks>
/// A number is a serial number, which is never used again, above the position in the table, which is. So a number that the kernel still
/// names after the connection has gone finds nothing.
/// </remarks>
internal sealed class Clients
{
    private const int PositionBits = 20;
    private const int PositionMask = (1 << PositionBits) - 1;

    private readonly Stack<int> _free = new();
    private ClientSocket?[] _table = new ClientSocket?[64];
    private int _used;
    private ulong _serial;

    /// <summary>How many there are.</summary>
    public int Count => _used - _free.Count;

    /// <summary>Gives a connection its number.</summary>
    public ConnectionId Add(ClientSocket client)
    {
        if (!_free.TryPop(out var position))
        {
            position = _used++;
            Invariant.Holds(position <= PositionMask);
            if (position == _table.Length)
                Array.Resize(ref _table, position * 2);
        }
        _table[position] = client;
        client.Turn.Id = new(++_serial << PositionBits | (uint)position);
        return client.Turn.Id;
    }

    /// <summary>The connection with a number; null when it is gone.</summary>
    public ClientSocket? Find(ConnectionId id)
    {
        var position = (int)(id.Value & PositionMask);
        return position < _used && _table[position] is { } client && client.Turn.Id == id ? client : null;
    }

    /// <summary>Forgets a connection.</summary>
    public void Remove(ClientSocket client)
    {
        var position = (int)(client.Turn.Id.Value & PositionMask);
        Invariant.Holds(_table[position] == client);
        _table[position] = null;
        _free.Push(position);
        client.Turn.Id = ConnectionId.None;
    }

    /// <summary>All connections, in the order of the table.</summary>
    public IEnumerable<ClientSocket> All()
    {
        for (var i = 0; i < _used; i++)
            if (_table[i] is { } client)
                yield return client;
    }
}
