using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Quorate.Hosts.Tcp;

/// <summary>
/// The link with another member, after the greeting: an ordered stream of frames each way. What was on the way when it ends is lost, and the
/// kernel knows that.
/// </summary>
/// <remarks>
/// Received buffers go to the kernel thread as they are, as those of clients do. Sending never waits: a member that takes less than it is
/// sent is owed up to a bound, and beyond it the link is given up and made anew, empty; what it missed, it is sent again by consensus.
/// </remarks>
internal sealed class PeerSocket
{
    private const int ReceiveBytesMin = 16 << 10;
    private const int ReceiveBytesMax = 256 << 10;
    private const int Pieces = 10;

    private static readonly byte[] EmptyFrame = new byte[PeerFrames.HeadLength];

    private readonly Transport _transport;
    private readonly PeerServices _services;
    private readonly bool _isCaller;
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _answer;
    private string? _why;
    private int _receiveBytes = ReceiveBytesMin;

    /// <param name="id">The other member.</param>
    /// <param name="run">Its process.</param>
    /// <param name="isCaller">Whether this side called.</param>
    /// <param name="place">Where the other side is, for the log.</param>
    /// <param name="transport">The connection.</param>
    /// <param name="services">What all links share.</param>
    public PeerSocket(ServerId id, ulong run, bool isCaller, string place, Transport transport, PeerServices services)
    {
        Id = id;
        Run = run;
        Place = place;
        _isCaller = isCaller;
        _transport = transport;
        _services = services;
        Output = new(transport, new(long.MaxValue, services.OwedBytesMax, long.MaxValue)) { Drained = static () => { }, Ended = static () => { } };
    }

    /// <summary>The other member.</summary>
    public ServerId Id { get; }

    /// <summary>The other member's process.</summary>
    public ulong Run { get; }

    /// <summary>Where the other side is.</summary>
    public string Place { get; }

    /// <summary>What the other member is owed.</summary>
    public SocketOutput Output { get; }

    /// <summary>Done when the link has ended and the kernel thread will find out before it hears of another with this member.</summary>
    public Task Gone => _gone.Task;

    /// <summary>Receives until the link ends.</summary>
    public async Task Receive()
    {
        HostMeters.PeerLinks.Add(1);
        HostLog.PeerLinked(_services.Log, Id, Place);
        var why = "this server stops";
        var isFault = false;
        try
        {
            if (await _services.Mailbox.Put(Mail.Of(InputKind.PeerConnected, this)))
                (why, isFault) = await ReceiveFrames();
        }
        catch (Exception e) when (Transport.IsEnd(e))
        {
            why = e.GetBaseException().Message.TrimEnd('.');
        }
        catch (Exception e)
        {
            HostLog.PeerBroke(_services.Log, e, Place);
        }
        finally
        {
            _transport.Dispose();
            _services.Mailbox.PutUrgent(Mail.Of(InputKind.PeerDisconnected, this));
            HostMeters.PeerLinks.Add(-1);
            HostLog.PeerLinkEnded(_services.Log, isFault ? LogLevel.Warning : LogLevel.Information, Id, Place, _why ?? why);
            _gone.SetResult();
        }
    }

    /// <summary>Appends a frame to what the member is owed; gives the link up when that is too much. Kernel thread.</summary>
    public void Append(ReadOnlySpan<byte> frame)
    {
        Invariant.Holds(frame.Length > 0 && frame.Length <= _services.FrameBytesMax);
        Span<byte> head = stackalloc byte[PeerFrames.HeadLength];
        BinaryPrimitives.WriteInt32LittleEndian(head, frame.Length);
        if (Output.Append(head, frame) || _why is not null)
            return;
        HostMeters.SlowPeers.Add(1);
        Abort(string.Create(CultureInfo.InvariantCulture, $"it does not take what it is sent; {Output.Owed} bytes wait for it"));
    }

    /// <summary>Ends the link at once, for a reason that the log gives.</summary>
    public void Abort(string why = "this server stops")
    {
        _why ??= why;
        _transport.Dispose();
    }

    /// <summary>Ends the link when everything flushed so far is sent. Kernel thread.</summary>
    public void HangUp()
    {
        _why ??= "this server stops";
        Output.End();
    }

    /// <summary>Whether the process at the other side is there: it is asked, and given a moment. For the side that was called.</summary>
    public async Task<bool> Answers(TimeSpan patience)
    {
        var answer = _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        SendEmpty();
        // In pieces: a pause of this process uses up one of them, and not the time that the answer has.
        for (var left = Pieces; left > 0; left--)
            if (await Task.WhenAny(answer.Task, Gone, Task.Delay(patience / Pieces)) is var first && (first == answer.Task || first == Gone))
                return first == answer.Task;
        return false;
    }

    /// <summary>Receives until the other side ends; returns why that is the end, and whether the other side is to blame.</summary>
    private async ValueTask<(string Why, bool IsFault)> ReceiveFrames()
    {
        var buffer = ReceiveBuffers.Rent(_receiveBytes);
        try
        {
            var held = 0;
            while (true)
            {
                if (held == buffer.Length)
                    buffer = Larger(buffer, held, buffer.Length * 2);
                var received = await _transport.Receive(buffer.AsMemory(held));
                if (received == 0)
                    return ("it closed the connection", false);
                HostMeters.BytesReceived.Add(received);
                held += received;
                Adapt(received, buffer.Length);

                var whole = PeerFrames.Whole(buffer.AsSpan(0, held), _services.FrameBytesMax, out var empty, out var tooLong);
                if (empty > 0)
                    OnEmpty();
                if (whole > 0)
                {
                    var next = ReceiveBuffers.Rent(Math.Max(_receiveBytes, held - whole));
                    buffer.AsSpan(whole, held - whole).CopyTo(next);
                    held -= whole;
                    var mail = Mail.Of(InputKind.PeerFrame, this, buffer, whole);
                    buffer = next;
                    if (!await _services.Mailbox.Put(mail))
                        return ("this server stops", false);
                }
                if (tooLong > 0)
                    return (string.Create(CultureInfo.InvariantCulture,
                        $"it sends a frame of {tooLong} bytes, {_services.FrameBytesMax} are allowed: jute.maxbuffer must be the same on all members"), true);
            }
        }
        finally
        {
            ReceiveBuffers.Return(buffer);
        }
    }

    /// <summary>The called side asks with an empty frame, the caller answers with one: so neither answers an answer.</summary>
    private void OnEmpty()
    {
        if (_isCaller)
            SendEmpty();
        else
            _answer?.TrySetResult();
    }

    private void SendEmpty()
    {
        Output.Append(EmptyFrame);
        Output.Flush();
    }

    /// <summary>A stream that fills its buffer gets a larger one next time, so that entries in bulk need fewer receives.</summary>
    private void Adapt(int received, int room)
    {
        if (received == room)
            _receiveBytes = Math.Min(_receiveBytes * 2, ReceiveBytesMax);
        else if (received < _receiveBytes / 4)
            _receiveBytes = Math.Max(_receiveBytes / 2, ReceiveBytesMin);
    }

    private static byte[] Larger(byte[] buffer, int held, int wanted)
    {
        var larger = ReceiveBuffers.Rent(wanted);
        buffer.AsSpan(0, held).CopyTo(larger);
        ReceiveBuffers.Return(buffer);
        return larger;
    }
}
