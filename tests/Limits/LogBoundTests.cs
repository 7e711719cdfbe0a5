using Quorate.Kernel;
using Quorate.Kernel.Storage;
using Quorate.Tests.Servers;

namespace Quorate.Tests.Bounds;

/// <summary>The bounds of what is under way to the disk: at each, those who write are held and go on later, and nothing is lost.</summary>
public class LogBoundTests
{
    public static TheoryData<string, Limits> Bounds => new()
    {
        { "entries of the ring", new() { LogRingBytes = 8 << 20, LogRingEntries = 16 } },
        { "bytes of the ring", new() { FrameBytes = 1024, IdentityBytes = 100, LogRingBytes = 4096 } },
        { "uncommitted bytes", new() { LogRingBytes = 8 << 20, LogRingEntries = 1 << 12, UncommittedBytes = 4096 } },
    };

    [Theory]
    [MemberData(nameof(Bounds))]
    public void While_there_is_no_room_writes_are_held_and_everything_else_is_served(string bound, Limits limits)
    {
        var world = World.Serving(limits: limits);
        var writers = new[] { world.Client(timeout: 4000), world.Client(timeout: 4000), world.Client(timeout: 4000) };
        var reader = world.Client(timeout: 4000);
        world.SlowDisk = true;
        for (var i = 0; i < 30; i++)
            foreach (var writer in writers)
                writer.Create($"/w{writer.Session}-{i}", new string('d', 150)).Go();
        Assert.All(writers, writer => Assert.True(writer.IsHeld, bound));
        Assert.All(writers, writer => Assert.True(writer.Unread > 0, bound));

        // A reader is served, a newcomer waits at the door, and nobody who is held loses his session.
        for (var i = 0; i < 3; i++)
        {
            reader.Get("/").Ping().Sync("/").Go().Expect("pong", "get ", "sync");
            world.Wait(3);
        }
        reader.Ping().Go().Expect("pong");
        var newcomer = world.Open().Handshake(0, new byte[16], 8000).Create("/newcomer").Go();
        newcomer.Expect();

        world.SlowDisk = false;
        world.Settle();
        Assert.All(writers, writer => Assert.False(writer.IsHeld));
        foreach (var writer in writers)
            writer.Expect([.. Enumerable.Range(0, 30).Select(i => $"create /w{writer.Session}-{i}")]);
        newcomer.Expect("granted", "create /newcomer");
        world.CheckInvariants();
        Assert.Equal(5, world.Server.SessionCount);
    }

    [Fact]
    public void UncommittedBytes_no_more_than_one_entry_goes_beyond()
    {
        var world = World.Serving(limits: new() { LogRingBytes = 8 << 20, UncommittedBytes = 4096 });
        var client = world.Client();
        world.SlowDisk = true;
        for (var i = 0; i < 100; i++)
            client.Create($"/{i}", new string('d', 500)).Go();
        var proposed = 0L;
        world.Disk.Fate = request =>
        {
            proposed += request is { Kind: EffectKind.DiskWrite, Place.File.Kind: DiskFileKind.Journal } ? request.Place.Length : 0;
            return DiskOutcome.Done;
        };
        // What was written in the first two batches is what had been let in before anything was committed.
        for (var i = 0; i < 100 && world.Disk.Waiting > 0 && client.Count == 0; i++)
            world.Finish(1);
        Assert.InRange(proposed, 500, 4096 + 2000);
    }

    [Fact]
    public void SnapshotBytesInFlight_beyond_the_cursor_waits_for_the_disk()
    {
        const int InFlight = 200_000, Chunk = 64 << 10;
        var world = World.Serving(limits: new() { LogRingBytes = 8 << 20, SnapshotBytesInFlight = InFlight });
        var client = world.Client(timeout: 40_000);
        client.Create("/n").Go();
        for (var i = 0; i < 3000; i++)
            client.Create($"/n/{i}", new string('d', 1000));
        client.Go().Take();
        world.SlowDisk = true;
        var (asked, ended) = (0L, 0L);
        world.DiskRequested = request => asked += LengthInSnapshot(request);
        world.Disk.Fate = request =>
        {
            ended += LengthInSnapshot(request);
            return DiskOutcome.Done;
        };
        world.Obey(OperatorRequest.Snapshot);
        world.Wait(5);
        Assert.InRange(asked, InFlight / 2, InFlight + Chunk);     // and not three megabytes
        var most = 0L;
        for (var turns = 0; world.Disk.Waiting > 0; turns++)
        {
            Assert.True(turns < 10_000);
            world.Finish(1);
            world.Wait(0.002);
            most = Math.Max(most, asked - ended);
        }
        Assert.InRange(most, 1, InFlight + 2 * Chunk);
        Assert.True(ended > 3_000_000);
        Assert.Contains(world.Notes, note => note.Contains("Snapshot 1 holds", StringComparison.Ordinal));
    }

    [Fact]
    public void Contradicting_bounds_are_refused_by_name()
    {
        Limits[] contradictions =
        [
            new() { FrameBytes = 1000 },
            new() { LogRingBytes = 1 << 20 },
            new() { FrameBytes = 1024, LogRingBytes = 4096, IdentityBytes = 4096 },
            new() { LogRingEntries = 8 },
            new() { RequestBytesPerConnection = 1000 },
            new() { RequestsPerConnection = 0 },
            new() { RequestsOutstanding = 10 },
            new() { Connections = 0 },
            new() { Sessions = 0 },
            new() { Znodes = 1 },
            new() { ZxidCounter = 3 },
        ];
        Assert.All(contradictions, limits =>
        {
            var refusal = Assert.Throws<ArgumentException>(() => new World(limits: limits).Start());
            Assert.StartsWith("Limits: ", refusal.Message, StringComparison.Ordinal);
        });
    }

    private static long LengthInSnapshot(in Effect request) =>
        request is { Kind: EffectKind.DiskWrite, Place.File.Kind: DiskFileKind.Snapshot } ? request.Place.Length : 0;
}
