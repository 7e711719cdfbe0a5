namespace Quorate.Kernel.Clients;

/// <summary>
/// What the owner has shown of itself. Identities belong to a connection, so every new one is shown all of them again, before anything else.
/// </summary>
/// <remarks>A server answers auth packets in their order but outside the order of requests, all with one xid: the answers are counted.</remarks>
internal sealed class Credentials(int max)
{
    private readonly List<Credential> _shown = [];
    private int _answered;

    private readonly record struct Credential(ulong Ticket, byte[] Record, bool IsTold);

    public bool IsFull => _shown.Count >= max;

    public int Count => _shown.Count;

    public ReadOnlySpan<byte> this[int position] => _shown[position].Record;

    public void Add(ulong ticket, ReadOnlySpan<byte> record) => _shown.Add(new(ticket, record.ToArray(), IsTold: false));

    /// <summary>A new connection knows none of them.</summary>
    public void Restart() => _answered = 0;

    /// <summary>The next auth packet of this connection was answered.</summary>
    /// <param name="ticket">The request to complete, if its owner does not know yet.</param>
    /// <param name="isNews">Whether the owner does not know yet.</param>
    /// <returns>False when none was outstanding.</returns>
    public bool TryAnswer(out ulong ticket, out bool isNews)
    {
        (ticket, isNews) = (0, false);
        if (_answered == _shown.Count)
            return false;
        var credential = _shown[_answered];
        (ticket, isNews) = (credential.Ticket, !credential.IsTold);
        _shown[_answered++] = credential with { IsTold = true };
        return true;
    }

    /// <summary>Takes the oldest whose owner does not know yet, and never will.</summary>
    public bool TryDrop(out ulong ticket)
    {
        ticket = 0;
        while (_shown.Count > 0)
        {
            var oldest = _shown[0];
            _shown.RemoveAt(0);
            ticket = oldest.Ticket;
            if (!oldest.IsTold)
                return true;
        }
        return false;
    }
}
