using Quorate.Kernel;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Kernel.Wire;
using Quorate.Tests.Front;
using Quorate.Tests.Servers;

namespace Quorate.Tests.Allocations;

/// <summary>After it has warmed up, the whole way of a request, from frame to flush to reply, allocates nothing.</summary>
public class ServerAllocationTests
{
    [Theory]
    [InlineData("get")]
    [InlineData("get with watch")]
    [InlineData("exists")]
    [InlineData("children")]
    [InlineData("set")]
    [InlineData("create and delete")]
    [InlineData("ephemeral and delete")]
    [InlineData("sequential")]
    [InlineData("multi")]
    [InlineData("failing multi")]
    [InlineData("ping")]
    [InlineData("sync")]
    [InlineData("all glued")]
    [InlineData("watched set")]
    public void A_request_allocates_nothing(string what)
    {
        var load = new Load(Frames(what));
        // The runtime may compile a method anew within one stretch, and that costs a little; a request that allocates does so in each.
        var bytes = Enumerable.Range(0, 6).Select(_ => load.BytesOf(rounds: 1500)).ToArray();
        Assert.Contains(0, bytes[1..]);
    }

    private static byte[][] Frames(string what) => what switch
    {
        "get" => [Ask.Read(1, OpCode.GetData, "/a")],
        "get with watch" => [Ask.Read(1, OpCode.GetData, "/a", watch: true)],
        "exists" => [Ask.Read(1, OpCode.Exists, "/a"), Ask.Read(2, OpCode.Exists, "/missing")],
        "children" => [Ask.Read(1, OpCode.GetChildren, "/"), Ask.Read(2, OpCode.GetChildren2, "/")],
        "set" => [Ask.SetData(1, "/a", "some data"), Ask.SetData(2, "/a", "other")],
        "create and delete" => [Ask.Create(1, "/b", "data"), Ask.Delete(2, "/b")],
        "ephemeral and delete" => [Ask.Create(1, "/e", "data", flags: 1), Ask.Delete(2, "/e")],
        "sequential" => [Ask.Create(1, "/s/x", "data", flags: 2), Ask.Delete(2, "/missing")],
        "multi" => [Multi(1, "/a"), Multi(2, "/a")],
        "failing multi" => [Multi(1, "/missing")],
        "ping" => [Ask.Ping],
        "sync" => [Ask.Path(1, OpCode.Sync, "/a")],
        "watched set" => [Ask.Read(1, OpCode.GetData, "/a", watch: true), Ask.SetData(2, "/a", "x")],
        _ =>
        [
            Ask.Read(1, OpCode.GetData, "/a"), Ask.SetData(2, "/a", "x"), Ask.Read(3, OpCode.Exists, "/a"), Ask.Path(4, OpCode.Sync, "/a"),
            Ask.Ping, Ask.SetData(5, "/a", "y"), Ask.Read(6, OpCode.GetData, "/a"),
        ],
    };

    private static byte[] Multi(int xid, string path) => Ask.Request(xid, OpCode.Multi, w =>
        Operations.Write(w, [Operations.Set("/a", "from a multi"), Operations.Set("/a", "again"), Operations.Set(path, "and again")]));

    /// <summary>A server in a world that does nothing itself: replies are counted, and disk requests end well one batch later.</summary>
    private sealed class Load
    {
        private const int Clients = 4;

        private readonly byte[][] _frames;
        private readonly Queue<DiskTicket> _disk = new(1024);
        private readonly Driver<Ports> _driver;
        private Moment _now = new(new(TimeSpan.TicksPerHour), new(1_700_000_000_000));
        private long _replies;

        private readonly struct Ports(Load load) : IPorts
        {
            public void Send(ServerId to, ReadOnlySpan<byte> frame) { }
            public void Reply(ConnectionId to, ReadOnlySpan<byte> frames) => load._replies += frames.Length;
            public void HangUp(ConnectionId connection) => Assert.Fail("hung up");
            public void Throttle(ConnectionId connection, bool hold) { }
            public void Disk(in Effect request, ReadOnlySpan<byte> bytes) => load._disk.Enqueue(request.Ticket);
        }

        public Load(byte[][] frames)
        {
            _frames = frames;
            // Small enough that what grows to a bound has reached it when the warm-up ends; no snapshot falls into the count.
            var settings = new Settings { SegmentBytes = 1L << 40, SnapshotEveryEntries = int.MaxValue, SnapshotEveryBytes = long.MaxValue };
            var limits = new Limits { LogRingBytes = 8 << 20, LogRingEntries = 1 << 12, FrameBytes = 64 << 10, Znodes = 1000 };
            _driver = new(new(settings, limits, seed: 5, NoTrace.Instance), new(this));
            Deliver(InputKind.Tick, 0, default);
            Settle();
            for (ulong client = 1; client <= Clients; client++)
            {
                Deliver(InputKind.ClientOpened, client, Ask.Bytes(w => ClientOrigin.Write(w, "10.0.0.1:1"u8, "10.0.0.1"u8)));
                Deliver(InputKind.ClientFrame, client, Ask.Connect(timeout: 40_000));
            }
            Settle();
            Deliver(InputKind.ClientFrame, 1, Ask.Create(1, "/a", "data"));
            Deliver(InputKind.ClientFrame, 1, Ask.Create(2, "/s", ""));
            for (var i = 0; i < 20; i++)
                Deliver(InputKind.ClientFrame, 1, Ask.Create(3 + i, $"/child{i}", "data"));
            Settle();
            Assert.Equal(ServerState.Serving, _driver.Server.State);
            Assert.Equal(26, _driver.Server.ZnodeCount);
        }

        public long BytesOf(int rounds)
        {
            var (before, replies) = (GC.GetAllocatedBytesForCurrentThread(), _replies);
            for (var round = 0; round < rounds; round++)
                Round();
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(_replies - replies >= (long)rounds * Clients * _frames.Length * 20);
            return allocated;
        }

        private void Round()
        {
            _now = new(_now.Instant + TimeSpan.FromMilliseconds(1), new(_now.Wall.Milliseconds + 1));
            foreach (var frame in _frames)
                for (ulong client = 1; client <= Clients; client++)
                    Deliver(InputKind.ClientFrame, client, frame);
            Settle();
        }

        private void Settle()
        {
            _driver.Settle();
            while (_disk.Count > 0)
            {
                while (_disk.TryDequeue(out var ticket))
                    Deliver(InputKind.DiskDone, ticket.Value, default);
                _driver.Settle();
            }
        }

        // The disk is empty and keeps nothing: a listing without bytes founds the server.
        private void Deliver(InputKind kind, ulong subject, ReadOnlySpan<byte> bytes) =>
            _driver.Deliver(new() { Now = _now, Kind = kind, Subject = subject, Bytes = bytes });
    }
}
