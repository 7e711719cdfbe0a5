using System.Buffers;

namespace Quorate.Hosts.Tcp;

/// <summary>
/// What a connection, of a client or of another member, has still to send. The kernel thread appends and, after each batch, flushes: one
/// attempt to send everything without waiting. What the socket does not take at once is sent by a continuation, which also takes what was
/// appended meanwhile.
/// </summary>
/// <remarks>
/// At any time at most one party sends, the one that set <see cref="_sending"/>; everyone else only appends under the lock. A connection
/// that owes nothing holds no buffer, and one that owes much holds little more than that: from a certain size on buffers do not grow, but
/// follow one another.
/// </remarks>
internal sealed class SocketOutput(Transport transport, OutputBudget budget)
{
    private const int FirstBytes = 1 << 10;
    private const int FullBytes = 64 << 10;

    private readonly object _gate = new();
    private readonly Queue<byte[]> _full = new(0);
    private byte[] _filling = [];
    private int _filled;
    private bool _sending;
    private bool _ending;
    private bool _over;
    private long _owed;

    /// <summary>Called each time a client that was <see cref="Congested"/> is so no longer.</summary>
    public required Action Drained { get; init; }

    /// <summary>Called once, when nothing will be sent any more.</summary>
    public required Action Ended { get; init; }

    /// <summary>Whether something was appended since the last flush. For the kernel thread alone.</summary>
    public bool Unflushed { get; set; }

    /// <summary>Bytes appended and not yet taken by the socket.</summary>
    public long Owed => Interlocked.Read(ref _owed);

    /// <summary>Whether the client is owed so much that nothing more should be asked on its behalf.</summary>
    public bool Congested => Owed > budget.Congestion;

    /// <summary>Whether nothing will be sent any more.</summary>
    public bool IsOver
    {
        get
        {
            lock (_gate)
                return _over;
        }
    }

    /// <summary>Appends whole frames. False when the other side reads so slowly that the connection has to end.</summary>
    public bool Append(ReadOnlySpan<byte> frames) => Append([], frames);

    /// <summary>Appends a head and what belongs to it; nothing comes between them. False as above.</summary>
    public bool Append(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        var length = head.Length + body.Length;
        lock (_gate)
        {
            if (_over || _ending)
                return true;
            if (!budget.Take(Interlocked.Read(ref _owed), length))
                return false;
            Interlocked.Add(ref _owed, length);
            Fill(head);
            Fill(body);
            return true;
        }
    }

    /// <summary>Begins to send what was appended. Never waits.</summary>
    public void Flush()
    {
        byte[] buffer;
        int length;
        lock (_gate)
        {
            if (_sending || !HasMore)
                return;
            (buffer, length) = Take();
            _sending = true;
        }
        try
        {
            do
            {
                var sent = transport.TrySend(buffer.AsSpan(0, length));
                if (sent < length)
                {
                    _ = SendRest(buffer, sent, length);
                    return;
                }
            }
            while (Next(ref buffer, ref length));
        }
        catch (Exception e) when (Transport.IsEnd(e))
        {
            Break(buffer, length);
        }
    }

    /// <summary>Ends the connection when everything flushed so far is sent; nothing is appended any more.</summary>
    /// <returns>Whether that is already so.</returns>
    public bool End()
    {
        bool leave;
        lock (_gate)
        {
            _ending = true;
            leave = !_sending && !_over;
            _over |= leave;
            if (!leave)
                return _over;
            Forget();
        }
        _ = Leave();
        return true;
    }

    private async Task SendRest(byte[] buffer, int sent, int length)
    {
        try
        {
            do
            {
                while (sent < length)
                    sent += await transport.Send(buffer.AsMemory(sent, length - sent));
                sent = 0;
            }
            while (Next(ref buffer, ref length));
        }
        catch (Exception e) when (Transport.IsEnd(e))
        {
            Break(buffer, length);
        }
    }

    /// <summary>A buffer is sent. False when there is nothing more to send; otherwise the next one.</summary>
    private bool Next(ref byte[] buffer, ref int length)
    {
        ArrayPool<byte>.Shared.Return(buffer);
        HostMeters.BytesSent.Add(length);
        var sent = length;
        bool more, leave;
#if PLANTED
        if (Planted.Is(Race.StopAfterLooking))
            return StopAfterLooking(ref buffer, ref length);
#endif
        lock (_gate)
        {
            more = _sending = HasMore;
            leave = !more && _ending && !_over;
            _over |= leave;
            if (more)
                (buffer, length) = Take();
        }
        Settle(sent);
        if (leave)
            _ = Leave();
        return more;
    }

    /// <summary>The socket refuses. The receiving side finds out as well.</summary>
    private void Break(byte[] buffer, int length)
    {
        ArrayPool<byte>.Shared.Return(buffer);
        Settle(length);
        lock (_gate)
        {
            _over = true;
            _sending = false;
            Forget();
        }
        _ = Leave();
    }

    private async Task Leave()
    {
        await transport.Shutdown();
        Ended();
    }

    private void Settle(int bytes)
    {
        budget.Give(bytes);
#if PLANTED
        if (Planted.Is(Race.CongestionBeforeSubtraction))
        {
            var before = Owed;
            if (before > budget.Congestion && Interlocked.Add(ref _owed, -bytes) <= budget.Congestion)
                Drained();
            else if (before <= budget.Congestion)
                Interlocked.Add(ref _owed, -bytes);
            return;
        }
#endif
        var left = Interlocked.Add(ref _owed, -bytes);
        // Judged by what this very subtraction did: a look before it could miss an append in between, and the client would wait for ever.
        if (left <= budget.Congestion && left + bytes > budget.Congestion)
            Drained();
    }

#if PLANTED
    private bool StopAfterLooking(ref byte[] buffer, ref int length)
    {
        Settle(length);
        bool more;
        lock (_gate)
        {
            more = HasMore;
            if (more)
                (buffer, length) = Take();
        }
        if (more)
            return true;
        lock (_gate)
            _sending = false;
        if (_ending)
            _ = Leave();
        return false;
    }
#endif

    private bool HasMore => _full.Count > 0 || _filled > 0;

    private (byte[] Buffer, int Length) Take()
    {
        if (_full.TryDequeue(out var full))
            return (full, FullBytes);
        var taken = (_filling, _filled);
        _filling = [];
        _filled = 0;
        return taken;
    }

    private void Forget()
    {
        while (HasMore)
        {
            var (buffer, length) = Take();
            ArrayPool<byte>.Shared.Return(buffer);
            Settle(length);
        }
    }

    private void Fill(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_filled == FullBytes)
            {
                _full.Enqueue(_filling);
                _filling = [];
                _filled = 0;
            }
            var part = Math.Min(bytes.Length, FullBytes - _filled);
            if (_filling.Length - _filled < part)
                Grow(part);
            bytes[..part].CopyTo(_filling.AsSpan(_filled));
            _filled += part;
            bytes = bytes[part..];
        }
    }

    private void Grow(int bytes)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(FullBytes, Math.Max(Math.Max(FirstBytes, _filled + bytes), _filling.Length * 2)));
        _filling.AsSpan(0, _filled).CopyTo(larger);
        if (_filling.Length > 0)
            ArrayPool<byte>.Shared.Return(_filling);
        _filling = larger;
    }
}
