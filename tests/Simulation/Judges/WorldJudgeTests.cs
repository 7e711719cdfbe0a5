using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Simulation;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;

namespace Quorate.Tests.Simulations.Judges;

/// <summary>
/// The judges that look at the world itself, in worlds made by hand: one that is as it should be, and others with the one thing that must not be.
/// </summary>
public class WorldJudgeTests
{
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(3), Patience = TimeSpan.FromSeconds(10);

    private const int Capacity = 1000, InFlight = 500, RequestBytes = 4096, FrameBytes = 2048;

    private static Scenario Small(int clients = 0) => new()
    {
        Members = 3,
        Clients = [.. Enumerable.Range(1, clients).Select(n => new ClientPlan { Number = n, Operations = 50, Think = TimeSpan.FromMilliseconds(20) })],
        Limits = Scenario.SmallLimits with { SnapshotBytesInFlight = InFlight, RequestBytesPerConnection = RequestBytes, FrameBytes = FrameBytes },
    };

    private static TrueTime After(TimeSpan span) => TrueTime.Start + span;

    /// <summary>BoundedMemory: what all peers may owe a member that stands still, and what snapshots may have on their way, may wait there.</summary>
    [Theory]
    [InlineData(0, null)]
    [InlineData(1, "3501 bytes wait at member 1.")]
    public void A_member_that_stands_still_may_be_sent_so_much_and_no_more(int tooMany, string? finding)
    {
        var world = new World(Small() with { Network = new() { Capacity = Capacity } }, judges: []);
        var judge = new BoundedMemory(world);
        Course(world, () =>
        {
            world.RunUntil(After(Warm));
            judge.Inspect(world.Now);
            Assert.Null(judge.Finding);
            var member = world.Members[0];
            member.Pause(TrueTime.Never);
            var bytes = new byte[3 * Capacity + InFlight + tooMany - member.InboxBytes];
            member.Post(new((int)InputKind.PeerFrame, 2, default, world.Pool.Copy(bytes)));
            judge.Inspect(world.Now);
        });
        Assert.Equal(finding, judge.Finding);
    }

    [Theory]
    [InlineData(1024, null)]
    [InlineData(1025, "1025 disk requests of member 1 are under way.")]
    public void A_server_has_so_many_disk_requests_under_way_and_no_more(int requests, string? finding)
    {
        var world = new World(Small() with { Settings = new() { SegmentBytes = 1 << 30 } }, judges: []);
        var judge = new BoundedMemory(world);
        Course(world, () =>
        {
            world.RunUntil(After(Warm));
            var disk = world.Members[0].Disk;
            var asked = new Effects();
            while (disk.Waiting < requests)
            {
                asked.DiskFlush(new(ulong.MaxValue - (ulong)disk.Waiting), new(DiskFileKind.Journal, 1));
                disk.Take(asked[0], default);
                asked.Clear();
            }
            judge.Inspect(world.Now);
        });
        Assert.Equal(finding, judge.Finding);
    }

    [Theory]
    [InlineData(-100, false)]
    [InlineData(100, true)]
    public void A_client_whose_host_does_not_deliver_may_have_sent_so_much_and_no_more(int tooMany, bool isFound)
    {
        var world = new World(Small(clients: 1) with { Clients = [new() { Number = 1, Operations = 0 }] }, judges: []);
        var judge = new BoundedMemory(world);
        Course(world, () =>
        {
            world.RunUntil(After(Warm));
            var link = Assert.Single(world.Network.Clients);
            link.Hold(true);
            link.Ask(new byte[RequestBytes + FrameBytes + tooMany]);
            world.RunUntil(world.Now + TimeSpan.FromMilliseconds(50));
            judge.Inspect(world.Now);
        });
        Assert.Equal(isFound, judge.Finding?.Contains("bytes of client 1 wait undelivered at member", StringComparison.Ordinal) ?? false);   // a ping may be among them
    }

    /// <summary>Standstill: what the judge has not been told is committed counts as if it were not.</summary>
    [Fact]
    public void Who_is_followed_and_commits_nothing_is_found() => Assert.Contains(
        "is followed by a majority that is well; since 3.000000s nothing was committed behind entry 0", Stands((_, _) => { }), StringComparison.Ordinal);

    [Fact]
    public void Whose_log_is_committed_stands_still_in_order() =>
        Assert.Null(Stands((world, judge) => judge.Committed(world.Leader!.Id, world.Leader.Server!.LogEnd, world.Leader.Term, 0)));

    [Fact]
    public void Who_commits_a_part_of_it_gets_on() =>
        Assert.Null(Stands((world, judge) => judge.Committed(world.Leader!.Id, LogIndex.Zero.Next, world.Leader.Term, 0)));

    [Fact]
    public void Who_is_followed_anew_has_its_time_anew() =>
        Assert.Null(Stands((world, judge) => judge.Became(world.Leader!.Id, Role.Follower, world.Leader.Term, default)));

    [Fact]
    public void Whom_no_majority_follows_need_not_get_on() => Assert.Null(Stands((world, _) =>
    {
        var leader = world.Leader!;
        for (var other = 0; other < 3; other++)
            if (other != leader.Node)
                world.Network.Cut(other, leader.Node);
        world.Health.Review();
        world.RunUntil(world.Now + 2 * world.Scenario.Settings.ElectionTimeout);
    }));

    /// <summary>What the judge finds who looks before and after its patience, with something else in between.</summary>
    private static string? Stands(Action<World, Standstill> meanwhile)
    {
        var world = new World(Small(), judges: []);
        var judge = new Standstill(world);
        Course(world, () =>
        {
            world.RunUntil(After(Warm));
            judge.Inspect(world.Now);
            world.RunUntil(After(Warm + Standstill.Patience(world)));
            judge.Inspect(world.Now);
            Assert.Null(judge.Finding);
            meanwhile(world, judge);
            world.RunUntil(world.Now + TimeSpan.FromMilliseconds(1));
            judge.Inspect(world.Now);
        });
        return judge.Finding;
    }

    [Fact]
    public void A_core_that_agrees_and_has_answered_its_clients_is_at_rest() => Assert.Null(Rest(Small(clients: 2), _ => { }));

    [Fact]
    public void Nobody_who_is_not_of_the_core_keeps_it_from_its_rest() =>
        Assert.Null(Rest(Small() with { Core = [new(1), new(2)], Others = OthersFate.Down }, _ => { }));

    [Fact]
    public void A_core_that_is_cut_apart_is_found() => Assert.StartsWith("The core did not come to rest: member 1 is", Rest(Small(), world =>
    {
        for (var from = 0; from < 3; from++)
            for (var to = 0; to < 3; to++)
                if (from != to)
                    world.Network.Cut(from, to);
    }), StringComparison.Ordinal);

    [Fact]
    public void A_member_of_the_core_that_is_down_is_found() =>
        Assert.Contains("member 3 is down", Rest(Small(), world => world.Members[2].Lose()), StringComparison.Ordinal);

    [Fact]
    public void A_client_that_gets_no_answers_is_found() => Assert.Contains("Not finished: client 1", Rest(Small(clients: 1), world =>
    {
        for (var member = 0; member < 3; member++)
            world.Network.Cut(world.Actors[0].Node, member);
    }), StringComparison.Ordinal);

    /// <summary>As long as it storms nobody has to come to rest.</summary>
    [Fact]
    public void A_storm_is_no_calm()
    {
        var world = new World(Small(), judges: []);
        var judge = new Rest(world);
        Course(world, () => world.RunUntil(After(TimeSpan.FromMilliseconds(1))));
        judge.Closing(world.Now);
        Assert.False(world.IsAtRest);
        Assert.Null(judge.Finding);
    }

    /// <summary>A calm that begins with something that should not be.</summary>
    private static string? Rest(Scenario scenario, Action<World> spoil)
    {
        var world = new World(scenario, judges: []);
        var judge = new Rest(world);
        Course(world, () =>
        {
            world.RunUntil(After(Warm));
            world.Calm();
            foreach (var actor in world.Actors)
                actor.Finish();
            spoil(world);
            world.AwaitRest();
            world.Enter(Phase.Calm);
            world.RunUntil(world.Now + Patience);
        });
        judge.Closing(world.Now);
        return judge.Finding;
    }

    /// <summary>Plays a course in which nothing else is to go wrong.</summary>
    private static void Course(World world, Action course) => Assert.Null(world.Play(course).Violation);
}
