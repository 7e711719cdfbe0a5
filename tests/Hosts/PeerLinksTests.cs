using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Quorate.Hosts.Tcp;
using Quorate.Kernel;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Hosts;

/// <summary>Links between members over real sockets, without kernels.</summary>
public sealed class PeerLinksTests : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var owned in Enumerable.Reverse(_owned))
            owned.Dispose();
    }

    [Fact]
    public async Task Frames_of_all_sizes_arrive_in_order_both_ways()
    {
        const int Rounds = 40;
        var (one, two) = await Pair();
        for (var round = 0; round < Rounds; round++)
        {
            one.Send(two, Frame(1, round), Frame(1 << 20, round), Frame(round * 1000 + 1, round));
            two.Send(one, Frame(17, round));
        }
        await two.Until(InputKind.PeerFrame, one, 3 * Rounds, Cancel);
        await one.Until(InputKind.PeerFrame, two, Rounds, Cancel);

        var atTwo = two.Of(one);
        Assert.Equal(InputKind.PeerConnected, atTwo[0].Kind);
        for (var round = 0; round < Rounds; round++)
        {
            Assert.Equal(Frame(1, round), atTwo[1 + 3 * round].Bytes);
            Assert.Equal(Frame(1 << 20, round), atTwo[2 + 3 * round].Bytes);
            Assert.Equal(Frame(round * 1000 + 1, round), atTwo[3 + 3 * round].Bytes);
        }
        Assert.Equal(Enumerable.Range(0, Rounds).Select(round => Frame(17, round)), one.Of(two).Skip(1).Select(e => e.Bytes));
    }

    [Fact]
    public async Task Three_members_have_one_link_each_with_each()
    {
        PeerEnd[] ends = [End(1), End(2), End(3)];
        foreach (var end in ends)
            end.Start(ends);
        foreach (var end in ends)
            foreach (var other in ends.Where(other => other != end))
            {
                await end.Until(InputKind.PeerConnected, other, 1, Cancel);
                end.Send(other, [end.Id.Value]);
            }
        foreach (var end in ends)
            foreach (var other in ends.Where(other => other != end))
            {
                await end.Until(InputKind.PeerFrame, other, 1, Cancel);
                Assert.Equal([other.Id.Value], end.Of(other)[1].Bytes);
                Assert.Equal(2, end.Of(other).Length);
            }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_member_that_comes_back_is_linked_again_within_a_second(byte victim)
    {
        // Ports that the system gives to nobody while the lost one is to have its own again.
        var (one, two) = (End(1, port: ServerProcess.FreePort()), End(2, port: ServerProcess.FreePort()));
        Start(one, two);
        await one.Until(InputKind.PeerConnected, two, 1, Cancel);
        await two.Until(InputKind.PeerConnected, one, 1, Cancel);
        var (lost, other) = victim == 1 ? (one, two) : (two, one);
        var port = lost.Port;
        lost.Dispose();
        await other.Until(InputKind.PeerDisconnected, lost, 1, Cancel);

        var again = End(victim, port: port);
        again.Start(other);
        var begun = Environment.TickCount64;
        await other.Until(InputKind.PeerConnected, lost, 2, Cancel);
        Assert.InRange(Environment.TickCount64 - begun, 0, 10_000);
        await again.Until(InputKind.PeerConnected, other, 1, Cancel);
        other.Send(again, [7]);
        await again.Until(InputKind.PeerFrame, other, 1, Cancel);
    }

    [Fact]
    public async Task A_frame_over_the_bound_ends_the_link_with_a_line_and_what_came_before_it_is_delivered()
    {
        var (one, two) = (End(1, frameBytesMax: 1000), End(2, frameBytesMax: 2000));
        Start(one, two);
        await two.Until(InputKind.PeerConnected, one, 1, Cancel);
        two.Send(one, [1], new byte[1000], new byte[1001], [2]);
        await one.Until(InputKind.PeerConnected, two, 2, Cancel);
        Assert.Equal(
            [InputKind.PeerConnected, InputKind.PeerFrame, InputKind.PeerFrame, InputKind.PeerDisconnected, InputKind.PeerConnected],
            one.Of(two).Select(e => e.Kind));
        Assert.StartsWith("Warning: The link with member 2", await one.Log.Has("a frame of 1001 bytes, 1000 are allowed", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_that_does_not_take_what_it_is_sent_is_given_up_at_the_bound_and_linked_anew()
    {
        const int Bound = 4 << 20, Frames = 64;
        var one = End(1, new() { Listen = PeerEnd.Loopback(0), OwedBytesMax = Bound });
        var two = End(2);
        Start(one, two);
        await one.Until(InputKind.PeerConnected, two, 1, Cancel);
        two.IsPaused = true;
        var most = 0L;
        for (var i = 0; i < Frames && !one.Of(two).Any(static e => e.Kind == InputKind.PeerDisconnected); i++)
        {
            one.Send(two, new byte[1 << 20]);
            most = Math.Max(most, one.Owed(two));
        }
        Assert.InRange(most, 1, Bound + (1 << 20) + PeerFrames.HeadLength);
        Assert.StartsWith("Information: The link with member 2", await one.Log.Has("it does not take what it is sent", Cancel), StringComparison.Ordinal);
        two.IsPaused = false;
        await one.Until(InputKind.PeerConnected, two, 2, Cancel);
        await two.Until(InputKind.PeerConnected, one, 2, Cancel);
        one.Send(two, [9]);
        while (two.Of(one)[^1].Bytes is not [9])
            await Task.Delay(5, Cancel);
        // What was sent is counted as sent a moment after it may have arrived.
        Assert.True(SpinWait.SpinUntil(() => one.Owed(two) == 0, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Members_with_the_same_secret_are_linked()
    {
        var (one, two) = (End(1, Secret("a secret of some length")), End(2, Secret("a secret of some length")));
        Start(one, two);
        await one.Until(InputKind.PeerConnected, two, 1, Cancel);
    }

    [Theory]
    [InlineData("a secret of some length", "another of some length", "the two have different quorate.peerSecret")]
    [InlineData("a secret of some length", null, "only one of the two has a quorate.peerSecret")]
    [InlineData(null, "a secret of some length", "only one of the two has a quorate.peerSecret")]
    public async Task A_member_with_another_secret_is_refused_and_both_sides_say_so_once(string? ofOne, string? ofTwo, string words)
    {
        var (one, two) = (End(1, Secret(ofOne)), End(2, Secret(ofTwo)));
        Start(one, two);
        await one.Log.Has(words, Cancel);
        await two.Log.Has(words, Cancel);
        await Task.Delay(700, Cancel);
        Assert.Single(one.Log.All, line => line.Contains(words, StringComparison.Ordinal));
        Assert.Single(two.Log.All, line => line.Contains(words, StringComparison.Ordinal));
        Assert.Empty(one.Of(two));
        Assert.Empty(two.Of(one));
    }

    [Fact]
    public async Task A_greeting_that_was_listened_to_opens_nothing_when_it_is_repeated()
    {
        const string Shared = "a secret of some length";
        var one = End(1, Secret(Shared));
        one.Start();
        var said = new List<byte[]>();
        using (var socket = await Dial(one.Port))
        {
            using var transport = new Overheard(new PlainTransport(socket), said);
            Assert.Equal(PeerFault.None, await new PeerGreeting(PeerSelf.Of(new(2), Shared), transport).Call(one.Id));
            await one.Log.Has("Linked with member 2", Cancel);
        }
        using var again = await Dial(one.Port);
        foreach (var record in said)
            await again.SendAsync(record, Cancel);
        await one.Log.Has("the two have different quorate.peerSecret", Cancel);
        Assert.Single(one.Log.All, line => line.Contains("Linked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_member_that_answers_with_the_callers_own_proof_is_not_believed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var two = End(2, Secret("a secret of some length"));
        two.StartAt((1, ((IPEndPoint)listener.LocalEndpoint).Port));
        using var socket = await listener.AcceptSocketAsync(Cancel);
        var hello = new byte[PeerRecord.Length];
        await Exactly(socket, hello);
        await socket.SendAsync(PeerRecord.Hello(PeerSelf.Of(new(1), "other"), two.Id, new PeerRecord(hello).Payload), Cancel);
        var proof = new byte[PeerRecord.Length];
        await Exactly(socket, proof);
        await socket.SendAsync(PeerRecord.Proof(PeerSelf.Of(new(1), "other"), two.Id, new PeerRecord(proof).Payload), Cancel);
        await two.Log.Has("the two have different quorate.peerSecret", Cancel);
        Assert.DoesNotContain(two.Log.All, line => line.Contains("Linked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Strangers_are_refused_with_a_line_and_disturb_no_link()
    {
        var (one, two) = await Pair();
        var random = new Random(5);
        byte[][] greetings =
        [
            "GET / HTTP/1.1\r\n\r\n"u8.ToArray(),
            "ruok"u8.ToArray(),
            [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01],
            [],
            .. Enumerable.Range(0, 30).Select(i => RandomBytes(random, i * 5)),
        ];
        foreach (var greeting in greetings)
        {
            using var socket = await Dial(one.Port);
            await socket.SendAsync(greeting, Cancel);
            socket.Shutdown(SocketShutdown.Send);
            await End(socket);
        }
        await one.Log.Has("what came is not Quorate's peer protocol", Cancel);
        await one.Log.Has("one side speaks TLS and the other does not", Cancel);
        await one.Log.Has("the greeting was broken off", Cancel);
        Assert.InRange(one.Log.All.Length, 0, 8);
        Assert.DoesNotContain(one.Log.All, line => line.StartsWith("Error", StringComparison.Ordinal));
        one.Send(two, [1]);
        await two.Until(InputKind.PeerFrame, one, 1, Cancel);
        Assert.Single(one.Of(two));
    }

    [Theory]
    [InlineData(6, 2, "the two speak different versions of the peer protocol")]
    [InlineData(11, 3, "another member was looked for at this address")]
    [InlineData(10, 1, "both say to be the same member")]
    [InlineData(10, 0, "the member with the higher id calls the other")]
    [InlineData(8, 2, "what came is not Quorate's peer protocol")]
    [InlineData(8, 9, "what came is not Quorate's peer protocol")]
    [InlineData(12, 1, "only one of the two has a quorate.peerSecret")]
    public async Task A_hello_that_cannot_be_accepted_is_refused_for_what_is_wrong_with_it(int at, byte value, string words)
    {
        var one = End(1);
        one.Start();
        var hello = PeerRecord.Hello(PeerSelf.Of(new(2), null), one.Id, RandomNumberGenerator.GetBytes(PeerRecord.PayloadLength));
        hello[at] = value;
        using var socket = await Dial(one.Port);
        await socket.SendAsync(hello, Cancel);
        await one.Log.Has(words, Cancel);
        Assert.DoesNotContain(one.Log.All, line => line.Contains("Linked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Any_byte_of_the_greeting_that_is_changed_on_the_way_prevents_the_link()
    {
        var one = End(1, Secret("a secret of some length"));
        one.Start();
        for (var at = 0; at < 2 * PeerRecord.Length; at++)
        {
            using var socket = await Dial(one.Port);
            using var transport = new Overheard(new PlainTransport(socket), []) { Flip = at };
            var fault = await new PeerGreeting(PeerSelf.Of(new(2), "a secret of some length"), transport).Call(one.Id);
            var isInProof = at >= PeerRecord.Length;
            // Of the proof's record only magic, version, kind and the proof itself are looked at.
            if (!isInProof || at % PeerRecord.Length is <= 8 or >= 32)
                Assert.NotEqual(PeerFault.None, fault);
        }
    }

    [Fact]
    public async Task The_wrong_member_at_an_address_is_told_from_the_right_one()
    {
        var (one, three) = (End(1), End(3));
        one.Start();
        three.StartAt((2, one.Port));
        Assert.Contains("member 2 at localhost", await three.Log.Has("another member was looked for at this address", Cancel), StringComparison.Ordinal);
        await one.Log.Has("which says to be member 3: another member was looked for", Cancel);
        Assert.Empty(one.Of(three));
    }

    [Fact]
    public async Task Of_two_members_with_the_same_id_the_first_stays_linked_and_the_second_comes_in_when_it_has_gone()
    {
        var one = End(1);
        var (first, second) = (End(2), End(2));
        one.Start();
        first.Start(one);
        await one.Until(InputKind.PeerConnected, first, 1, Cancel);
        second.Start(one);
        await one.Log.Has("another process with the same id is linked and alive", Cancel);
        await second.Log.Has("another process with the same id is linked and alive", Cancel);
        first.Send(one, [1]);
        await one.Until(InputKind.PeerFrame, first, 1, Cancel);
        Assert.Equal(2, one.Of(first).Length);
        Assert.Empty(second.Of(one));

        first.Dispose();
        await second.Until(InputKind.PeerConnected, one, 1, Cancel);
        Assert.Equal(
            [InputKind.PeerConnected, InputKind.PeerFrame, InputKind.PeerDisconnected, InputKind.PeerConnected], one.Of(second).Select(e => e.Kind));
    }

    [Fact]
    public async Task A_link_whose_other_end_is_dead_gives_way_to_a_new_one()
    {
        var one = End(1);
        one.Start();
        using var dead = await Dial(one.Port);
        using var transport = new PlainTransport(dead);
        Assert.Equal(PeerFault.None, await new PeerGreeting(PeerSelf.Of(new(2), null), transport).Call(one.Id));
        var two = End(2);
        await one.Until(InputKind.PeerConnected, two, 1, Cancel);

        two.Start(one);
        await two.Until(InputKind.PeerConnected, one, 1, Cancel);
        await one.Until(InputKind.PeerConnected, two, 2, Cancel);
        Assert.Equal([InputKind.PeerConnected, InputKind.PeerDisconnected, InputKind.PeerConnected], one.Of(two).Select(e => e.Kind));
        await one.Log.Has("a newer one takes its place", Cancel);
    }

    [Fact]
    public async Task A_caller_that_has_lost_its_end_of_a_link_gets_a_new_one_at_once()
    {
        var one = End(1);
        one.Start();
        var self = PeerSelf.Of(new(2), null);
        var stand = End(2);
        for (var call = 1; call <= 3; call++)
        {
            var socket = Own(await Dial(one.Port));
            Assert.Equal(PeerFault.None, await new PeerGreeting(self, Own(new PlainTransport(socket))).Call(one.Id));
            await one.Until(InputKind.PeerConnected, stand, call, Cancel);
        }
        Assert.Equal(2, one.Of(stand).Count(e => e.Kind == InputKind.PeerDisconnected));
    }

    [Fact]
    public async Task A_caller_that_says_nothing_is_let_go_after_a_while()
    {
        var one = End(1);
        one.Start();
        using var socket = await Dial(one.Port);
        await End(socket);
        await one.Log.Has("the greeting was broken off", Cancel);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task A_member_on_another_machine_is_refused_unless_something_proves_who_it_is(bool insecure, bool isLinked)
    {
        var here = (await Dns.GetHostAddressesAsync(Dns.GetHostName(), Cancel)).FirstOrDefault(
            address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));
        Assert.SkipWhen(here is null, "this machine has only its loopback address");
        var options = new PeerOptions { Listen = new(null, 0, "server.1"), Insecure = insecure };
        var one = End(1, options);
        one.Start();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(here, one.Port, Cancel);
        using var transport = new PlainTransport(socket);
        var fault = await new PeerGreeting(PeerSelf.Of(new(2), null), transport).Call(one.Id);
        Assert.Equal(isLinked ? PeerFault.None : PeerFault.Unproved, fault);
        if (!isLinked)
            await one.Log.Has("quorate.peerSecretFile", Cancel);
    }

    private static byte[] Frame(int length, int seed)
    {
        var frame = new byte[length];
        new Random(seed + 1).NextBytes(frame);
        return frame;
    }

    private static byte[] RandomBytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static PeerOptions Secret(string? secret) => new() { Listen = PeerEnd.Loopback(0), Secret = secret };

    private static void Start(PeerEnd one, PeerEnd two)
    {
        one.Start(two);
        two.Start(one);
    }

    private static async Task<Socket> Dial(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, Cancel);
        return socket;
    }

    /// <summary>Waits for the other side to end the connection, in whatever way.</summary>
    private static async Task End(Socket socket)
    {
        try
        {
            while (await socket.ReceiveAsync(new byte[100], Cancel) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Reset: what was sent to it was not read to the end.
        }
    }

    private static async Task Exactly(Socket socket, byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var received = await socket.ReceiveAsync(bytes.AsMemory(at), Cancel);
            Assert.NotEqual(0, received);
            at += received;
        }
    }

    private async Task<(PeerEnd One, PeerEnd Two)> Pair()
    {
        var (one, two) = (End(1), End(2));
        Start(one, two);
        await one.Until(InputKind.PeerConnected, two, 1, Cancel);
        await two.Until(InputKind.PeerConnected, one, 1, Cancel);
        return (one, two);
    }

    private PeerEnd End(byte id, PeerOptions? options = null, int frameBytesMax = 1 << 20, int port = 0) => Own(new PeerEnd(id, options, frameBytesMax, port));

    private T Own<T>(T owned) where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    /// <summary>A connection that keeps what is sent over it, and may change one byte of it.</summary>
    private sealed class Overheard(Transport inner, List<byte[]> said) : Transport
    {
        private int _sent;

        public int Flip { get; init; } = -1;

        public override ValueTask<int> Receive(Memory<byte> buffer) => inner.Receive(buffer);

        public override int TrySend(ReadOnlySpan<byte> bytes) => inner.TrySend(bytes);

        public override ValueTask<int> Send(ReadOnlyMemory<byte> bytes)
        {
            var changed = bytes.ToArray();
            if (Flip >= _sent && Flip < _sent + changed.Length)
                changed[Flip - _sent] ^= 0x40;
            _sent += changed.Length;
            said.Add(changed);
            return inner.Send(changed);
        }

        public override ValueTask Shutdown() => inner.Shutdown();

        public override void Dispose() => inner.Dispose();
    }
}
