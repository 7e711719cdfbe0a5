using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Wire;

namespace Quorate.Hosts.Tcp;

/// <summary>Why nothing is read from a connection for the moment.</summary>
[Flags]
internal enum HoldReasons : byte
{
    None = 0,
    /// <summary>The kernel wants no more requests of it.</summary>
    Kernel = 1,
    /// <summary>It is owed more than it reads.</summary>
    Congestion = 2,
    /// <summary>Too much that was received from it waits for its turn.</summary>
    Ahead = 4,
    /// <summary>Too much that was received from all waits, and it has added to that.</summary>
    Crowd = 8,
    /// <summary>All of them.</summary>
    All = Kernel | Congestion | Ahead | Crowd,
}

/// <summary>
/// One client connection. Its loop receives, splits off whole frames and hands each received buffer over to the kernel thread as one
/// mail: bytes are not copied and a burst of requests costs one mail. What begins an unfinished frame goes into the next buffer.
/// </summary>
/// <remarks>
/// The loop may run on the thread that polls the sockets: it never blocks. The connection is let go when both its directions have ended:
/// the loop, and what it owed (<see cref="SocketOutput"/>).
/// </remarks>
internal sealed class ClientSocket
{
    private const int ReceiveBytesMin = ReceiveBuffers.UsualBytes;
    private const int ReceiveBytesMax = 32 << 10;

    /// <summary>When this much memory is kept by what was received and had no turn, nothing more is received until half of it had.</summary>
    private const int AheadBytesMax = 64 << 10;

    private static readonly byte[] TlsHandshake = [0x16, 0x03];

    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private readonly object _gate = new();
    private readonly Transport _transport;
    private readonly ClientServices _services;
    private FrameSplitter _splitter;
    private int _receiveBytes = ReceiveBytesMin;
    private HoldReasons _held;
    private int _ahead;
    private TaskCompletionSource? _release;
    private bool _begun;
    private volatile bool _hungUp;
    private bool _givenUp;
    private int _directions = 2;

    public ClientSocket(Transport transport, IPEndPoint remote, ReadOnlyMemory<byte> vouched, ClientServices services)
    {
        _transport = transport;
        _services = services;
        _splitter = new(services.FrameBytesMax);
        Remote = remote;
        Vouched = vouched;
        Output = new(transport, services.Budget) { Drained = OnDrained, Ended = EndDirection };
    }

    /// <summary>Where the client is; IPv4 addresses are given as such.</summary>
    public IPEndPoint Remote { get; }

    /// <summary>What TLS proved, encoded as <see cref="Identities"/>.</summary>
    public ReadOnlyMemory<byte> Vouched { get; }

    /// <summary>What the client is owed.</summary>
    public SocketOutput Output { get; }

    /// <summary>The kernel thread's own notes about this connection.</summary>
    public ClientTurn Turn { get; } = new();

    /// <summary>Whether the connection is being ended by this side: what still comes from the client is of no interest.</summary>
    public bool HungUp => _hungUp;

    /// <summary>Called once, when the connection has been let go.</summary>
    public Action? Gone { get; set; }

    /// <summary>Receives until the connection ends.</summary>
    public async Task Run()
    {
        var fault = "";
        if (await _services.Mailbox.Put(Opened()))
        {
            try
            {
                fault = await Receive();
            }
            catch (Exception e) when (Transport.IsEnd(e))
            {
                // The client broke the connection off. That needs no line in the log.
            }
            catch (Exception e)
            {
                HostLog.ConnectionBroke(_services.Log, e, Remote);
            }
        }
        if (fault.Length > 0)
            HostLog.ClientRefused(_services.Log, Remote, fault);
        if (!_services.Mailbox.PutUrgent(Mail.Of(InputKind.ClientClosed, this)))
            Output.End();
        EndDirection();
    }

    /// <summary>Stops or continues reading. One that is ending is not stopped: it has to come to its end. Kernel thread.</summary>
    public void Hold(HoldReasons reason, bool hold)
    {
        TaskCompletionSource? release;
        hold &= !_hungUp && !Output.IsOver;
        lock (_gate)
            release = Change(reason, hold);
        release?.SetResult();
    }

    /// <summary>Mail of the connection has had its turn, and its memory is free. Kernel thread.</summary>
    public void Served(int bytes)
    {
        TaskCompletionSource? release = null;
        lock (_gate)
        {
            _ahead -= bytes;
            if (_ahead <= AheadBytesMax / 2)
                release = Change(HoldReasons.Ahead, false);
        }
        release?.SetResult();
    }

    /// <summary>Ends the connection once what it is owed is sent, or after a while if the client does not read. Kernel thread.</summary>
    public void HangUp()
    {
        _hungUp = true;
        Hold(HoldReasons.All, false);
        Output.Flush();
        if (!Output.End())
            _ = GiveUpLater();
    }

    /// <summary>Breaks the connection off because the client does not read what it is owed.</summary>
    public void GiveUp()
    {
        if (Interlocked.Exchange(ref _givenUp, true))
            return;
        _hungUp = true;
        Hold(HoldReasons.All, false);
        HostLog.SlowReader(_services.Log, Remote, Output.Owed);
        HostMeters.SlowReaders.Add(1);
        Abort();
    }

    /// <summary>Breaks the connection off.</summary>
    public void Abort() => _transport.Dispose();

    /// <summary>Receives until the other side ends; returns what was wrong with the bytes, empty if nothing.</summary>
    private async ValueTask<string> Receive()
    {
        var buffer = ReceiveBuffers.Rent(_receiveBytes);
        try
        {
            var held = 0;
            while (true)
            {
                if (Held() is { } release)
                    await release;
#if PLANTED
                if (Planted.Is(Race.HoldWithoutLock))
                    await HoldWithoutLock();
#endif
                if (held == buffer.Length)
                    buffer = Larger(buffer, held);
                var received = await _transport.Receive(buffer.AsMemory(held));
                if (received == 0)
                    return "";
                HostMeters.BytesReceived.Add(received);
                if (_hungUp)
                    continue;
                held += received;
                Adapt(received, buffer.Length);

                var kind = Split(buffer.AsSpan(0, held), out var whole);
                if (whole > 0)
                {
                    var next = ReceiveBuffers.Rent(_receiveBytes);
                    if (held - whole > next.Length)
                        next = Larger(next, 0, held - whole);
                    buffer.AsSpan(whole, held - whole).CopyTo(next);
                    held -= whole;
                    var mail = Mail.Of(kind == FrameKind.Word ? InputKind.ClientWord : InputKind.ClientFrame, this, buffer, whole);
                    Received(mail.Weight);
                    buffer = next;
                    if (!await _services.Mailbox.Put(mail))
                        return "";
                }
                _begun |= whole > 0;
                if (kind == FrameKind.Bad)
                    return Fault(buffer.AsSpan(0, sizeof(int)));
            }
        }
        finally
        {
            ReceiveBuffers.Return(buffer);
        }
    }

    /// <summary>Finds how many bytes of whole frames there are, or of one word, and what stopped the search.</summary>
    private FrameKind Split(ReadOnlySpan<byte> buffered, out int whole)
    {
        whole = 0;
        while (true)
        {
            var kind = _splitter.Next(buffered[whole..], out _, out _, out var consumed);
            whole += consumed;
            if (kind != FrameKind.Frame)
                return kind;
        }
    }

    /// <summary>What the log says about four bytes that are no length of a frame.</summary>
    private string Fault(ReadOnlySpan<byte> bytes)
    {
        if (!_begun && bytes.StartsWith(TlsHandshake))
            return "it speaks TLS on a port without TLS";
        var length = BinaryPrimitives.ReadInt32BigEndian(bytes);
        var text = bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? "" : $", as the text \"{Encoding.ASCII.GetString(bytes)}\" reads";
        return string.Create(CultureInfo.InvariantCulture,
            $"{_splitter.Fault} ({length} bytes{text}; jute.maxbuffer allows {_services.FrameBytesMax})");
    }

    private void Received(int bytes)
    {
        lock (_gate)
        {
            _ahead += bytes;
            if (_ahead > AheadBytesMax && !_hungUp)
                Change(HoldReasons.Ahead, true);
        }
    }

    /// <summary>Under the lock. Returns what is to be completed outside of it.</summary>
    private TaskCompletionSource? Change(HoldReasons reason, bool hold)
    {
        _held = hold ? _held | reason : _held & ~reason;
        if (_held != HoldReasons.None)
        {
            _release ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return null;
        }
        var release = _release;
        _release = null;
        return release;
    }

    private Task? Held()
    {
        lock (_gate)
            return _release?.Task;
    }

#if PLANTED
    private async Task HoldWithoutLock()
    {
        var held = _held;
        await Task.Yield();
        if (held != HoldReasons.None)
            await (_release ??= new()).Task;
    }
#endif

    private void OnDrained() => _services.Mailbox.PutUrgent(Mail.Of(InputKind.Tick, this));

    private void EndDirection()
    {
        if (Interlocked.Decrement(ref _directions) > 0)
            return;
        _transport.Dispose();
        Gone?.Invoke();
    }

    private async Task GiveUpLater()
    {
        await Task.Delay(Linger);
        if (!Output.IsOver)
            GiveUp();
    }

    /// <summary>A client that fills its buffer gets a larger one next time, so that a burst needs fewer receives; a quiet one, less.</summary>
    private void Adapt(int received, int room)
    {
        if (received == room)
            _receiveBytes = Math.Min(_receiveBytes * 2, ReceiveBytesMax);
        else if (received < _receiveBytes / 4)
            _receiveBytes = Math.Max(_receiveBytes / 2, ReceiveBytesMin);
    }

    /// <summary>Grows with what has been received, not with what a length announces: announcing costs a client nothing.</summary>
    private static byte[] Larger(byte[] buffer, int held, int wanted = 0)
    {
        var larger = ReceiveBuffers.Rent(Math.Max(buffer.Length * 2, wanted));
        buffer.AsSpan(0, held).CopyTo(larger);
        ReceiveBuffers.Return(buffer);
        return larger;
    }

    private Mail Opened()
    {
        var arena = new Arena(64);
        var writer = new JuteWriter(arena);
        ClientOrigin.Write(
            writer, Encoding.UTF8.GetBytes(Remote.ToString()), Encoding.UTF8.GetBytes(Remote.Address.ToString()));
        arena.Append(Vouched.Span);
        var buffer = ReceiveBuffers.Rent(arena.Length);
        arena.Written.CopyTo(buffer);
        return Mail.Of(InputKind.ClientOpened, this, buffer, arena.Length);
    }
}
