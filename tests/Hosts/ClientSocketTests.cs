using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Quorate.Hosts.Tcp;
using Quorate.Kernel;
using Quorate.Kernel.Fronts;

using HoldReasons = Quorate.Hosts.Tcp.HoldReasons;

namespace Quorate.Tests.Hosts;

/// <summary>Real sockets, with the test in the place of the kernel thread.</summary>
public sealed class ClientSocketTests : IDisposable
{
    private const int FrameBytesMax = 10_000;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Mailbox<Mail> _mailbox = new(64, 1 << 20);
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ClientSocket _socket;
    private readonly TaskCompletionSource _gone = new();
    private readonly Mail[] _one = new Mail[1];

    public ClientSocketTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _client.Connect(_listener.LocalEndPoint!);
        _client.NoDelay = true;
        var accepted = _listener.Accept();
        var services = new ClientServices(_mailbox, new(1000, 100_000, 1_000_000), FrameBytesMax, NullLogger.Instance);
        var remote = (IPEndPoint)accepted.RemoteEndPoint!;
        _socket = new(new PlainTransport(accepted), remote, default, services) { Gone = _gone.SetResult };
        _ = _socket.Run();
    }

    public void Dispose()
    {
        _client.Dispose();
        _listener.Dispose();
    }

    [Fact]
    public void The_first_mail_says_where_the_client_is()
    {
        var mail = Next();
        Assert.Equal(InputKind.ClientOpened, mail.Kind);
        var origin = ClientOrigin.Read(mail.Bytes);
        Assert.Equal("127.0.0.1", Encoding.UTF8.GetString(origin.Address));
        Assert.Equal(_client.LocalEndPoint!.ToString(), Encoding.UTF8.GetString(origin.Endpoint));
    }

    [Fact]
    public void Frames_arrive_whole_and_in_order_however_they_are_cut()
    {
        Assert.Equal(InputKind.ClientOpened, Next().Kind);
        var number = 0;
        Gen.Select(Gen.Int[1, 9_000].Array[1, 12], Gen.Int[1, 5_000].Array[1, 20]).Sample((lengths, cuts) =>
        {
            var stream = new List<byte>();
            foreach (var length in lengths)
                stream.AddRange(Frame(length, (byte)(number + stream.Count)));
            var bytes = stream.ToArray();
            var sending = Task.Run(() =>
            {
                for (var (at, cut) = (0, 0); at < bytes.Length; cut++)
                    at += _client.Send(bytes.AsSpan(at, Math.Min(cuts[cut % cuts.Length], bytes.Length - at)));
            });
            var received = new List<byte>();
            while (received.Count < bytes.Length)
            {
                var mail = Next();
                Assert.Equal(InputKind.ClientFrame, mail.Kind);
                AssertWhole(mail.Bytes);
                received.AddRange(mail.Bytes);
            }
            Assert.Equal(bytes, received);
            sending.GetAwaiter().GetResult();
            number++;
        }, iter: 50, threads: 1);
    }

    [Fact]
    public void Many_frames_of_one_receive_are_one_mail()
    {
        Assert.Equal(InputKind.ClientOpened, Next().Kind);
        _client.Send([.. Frame(10, 1), .. Frame(20, 2), .. Frame(30, 3)]);
        Assert.Equal(72, Next().Length);
    }

    [Fact]
    public async Task A_word_is_a_mail_of_its_own_and_is_answered_even_if_the_client_ends_at_once()
    {
        Assert.Equal(InputKind.ClientOpened, Next().Kind);
        _client.Send("ruok"u8);
        _client.Shutdown(SocketShutdown.Send);
        var mail = Next();
        Assert.Equal((InputKind.ClientWord, "ruok"), (mail.Kind, Encoding.ASCII.GetString(mail.Bytes)));
        Assert.Equal(InputKind.ClientClosed, Next().Kind);

        _socket.Output.Append("imok"u8);
        _socket.HangUp();
        Assert.Equal("imok", Encoding.ASCII.GetString(ReadAll()));
        await _gone.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(FrameBytesMax + 1)]
    [InlineData(int.MaxValue)]
    public void A_length_that_cannot_be_ends_the_connection_after_the_frames_before_it(int length)
    {
        Assert.Equal(InputKind.ClientOpened, Next().Kind);
        var bad = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bad, length);
        _client.Send([.. Frame(10, 1), .. bad]);
        Assert.Equal(InputKind.ClientFrame, Next().Kind);
        Assert.Equal(InputKind.ClientClosed, Next().Kind);
        _socket.HangUp();
        Assert.Empty(ReadAll());
    }

    [Fact]
    public void A_held_connection_is_not_read_until_it_is_released()
    {
        Assert.Equal(InputKind.ClientOpened, Next().Kind);
        _socket.Hold(HoldReasons.Kernel, true);
        _socket.Hold(HoldReasons.Congestion, true);
        // One receive was under way already; its frames still come.
        _client.Send(Frame(10, 1));
        Assert.Equal(InputKind.ClientFrame, Next().Kind);
        _client.Send(Frame(10, 2));
        Assert.Equal(0, _mailbox.Take(_one, TimeSpan.FromMilliseconds(50)));
        _socket.Hold(HoldReasons.Kernel, false);
        Assert.Equal(0, _mailbox.Take(_one, TimeSpan.FromMilliseconds(50)));
        _socket.Hold(HoldReasons.Congestion, false);
        Assert.Equal(InputKind.ClientFrame, Next().Kind);
    }

    [Fact]
    public void Only_so_much_is_received_ahead_of_its_turn()
    {
        Assert.Equal(InputKind.ClientOpened, Next().Kind);
        var sending = Task.Run(() =>
        {
            for (var i = 0; i < 1000; i++)
                _client.Send(Frame(1000, (byte)i));
        }, TestContext.Current.CancellationToken);
        var waiting = new List<Mail>();
        var patience = Environment.TickCount64 + 60_000;
        int count;
        do
        {
            count = _mailbox.Take(_one, TimeSpan.FromMilliseconds(300));
            waiting.AddRange(_one.AsSpan(0, count));
        }
        while (count > 0 || (Weight() < 64 << 10 && Environment.TickCount64 < patience));
        Assert.InRange(Weight(), 64 << 10, 128 << 10);
        Assert.False(sending.IsCompleted && waiting.Sum(mail => mail.Length) == 1000 * 1004);
        var received = waiting.Sum(mail => mail.Length);
        waiting.ForEach(mail => _socket.Served(mail.Weight));
        while (received < 1000 * 1004)
            received += Next().Length;
        Assert.Equal(1000 * 1004, received);

        int Weight() => waiting.Sum(mail => mail.Weight);
    }

    [Fact]
    public async Task After_a_hang_up_what_still_comes_is_dropped_and_the_end_is_told_once()
    {
        Assert.Equal(InputKind.ClientOpened, Next().Kind);
        _socket.Hold(HoldReasons.Kernel, true);
        _socket.Output.Append("bye"u8);
        _socket.HangUp();
        Assert.Equal("bye", Encoding.ASCII.GetString(ReadAll()));
        _client.Dispose();
        Assert.Equal(InputKind.ClientClosed, Next().Kind);
        await _gone.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal(0, _mailbox.Take(_one, TimeSpan.Zero));
    }

    [Fact]
    public async Task A_client_that_breaks_off_is_let_go_when_the_kernel_knows()
    {
        Assert.Equal(InputKind.ClientOpened, Next().Kind);
        _client.LingerState = new(true, 0);
        _client.Dispose();
        Assert.Equal(InputKind.ClientClosed, Next().Kind);
        Assert.False(_gone.Task.IsCompleted);
        _socket.HangUp();
        await _gone.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    /// <summary>The next mail, which has its turn at once.</summary>
    private Mail Next()
    {
        for (var patience = 0; patience < 600; patience++)
        {
            if (_mailbox.Take(_one, TimeSpan.FromMilliseconds(100)) == 0)
                continue;
            if (_one[0].Kind != InputKind.ClientOpened)
                _socket.Served(_one[0].Weight);
            return _one[0];
        }
        throw new TimeoutException("no mail came");
    }

    private byte[] ReadAll()
    {
        var read = new List<byte>();
        var buffer = new byte[100];
        while (_client.Receive(buffer) is > 0 and var count)
            read.AddRange(buffer.AsSpan(0, count));
        return [.. read];
    }

    private static byte[] Frame(int length, byte filling)
    {
        var frame = new byte[4 + length];
        BinaryPrimitives.WriteInt32BigEndian(frame, length);
        frame.AsSpan(4).Fill(filling);
        return frame;
    }

    private static void AssertWhole(ReadOnlySpan<byte> frames)
    {
        while (!frames.IsEmpty)
            frames = frames[(4 + BinaryPrimitives.ReadInt32BigEndian(frames))..];
    }
}
