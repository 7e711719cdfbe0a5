namespace Quorate.Kernel.Clients;

/// <summary>Whom to try next, and how soon.</summary>
/// <remarks>
/// Each client walks round the servers in an order of its own, so that the clients of a server that died spread over the others. Pauses are
/// drawn from the whole range below their bound: a thousand clients that lost the same server do not come back in one instant (S-64). The
/// bound grows with each round in which no server could be reached.
/// </remarks>
internal sealed class ServerList
{
    private readonly int[] _order;
    private readonly Dice _dice;
    private readonly TimeSpan _backoff, _backoffMax;
    private int _next;
    private int _failures;

    public ServerList(ClientSettings settings, Dice dice)
    {
        _dice = dice;
        _backoff = settings.Backoff;
        _backoffMax = settings.BackoffMax;
        _order = new int[settings.Servers];
        for (var i = 0; i < _order.Length; i++)
        {
            var place = (int)dice.Below((ulong)i + 1);
            _order[i] = _order[place];
            _order[place] = i;
        }
    }

    /// <summary>The server to try now.</summary>
    public int Next()
    {
        var server = _order[_next];
        _next = (_next + 1) % _order.Length;
        return server;
    }

    /// <summary>A server granted the session.</summary>
    public void Succeeded() => _failures = 0;

    /// <summary>An attempt failed, or a connection was lost: how long to wait before the next.</summary>
    public TimeSpan Pause()
    {
        var bound = _backoff;
        for (var round = _failures / _order.Length; round > 0 && bound < _backoffMax; round--)
            bound *= 2;
        _failures++;
        return _dice.Between(TimeSpan.Zero, bound < _backoffMax ? bound : _backoffMax);
    }
}
