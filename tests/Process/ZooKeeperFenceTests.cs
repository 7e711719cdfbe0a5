using Quorate.Client;
using Quorate.Kernel.Recipes;
using Quorate.Tests.Foreign;
using Quorate.Tests.ZooClients;

namespace Quorate.Tests.Crashes;

/// <summary>
/// Three real ZooKeepers, whose followers answer pings by themselves: a follower that has lost its leader shows nothing, and the fence of a
/// master connected to it stands still.
/// </summary>
[Collection("alone")]
public sealed class ZooKeeperFenceTests
{
    private const int Stop = 19, Continue = 18;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_master_at_a_follower_that_has_lost_its_leader_ends_by_its_own_clock()
    {
        Tools.NeedZooKeeper();
        await using var trio = Trio.OfZooKeeper();
        await trio.Start(Cancel);
        var leader = await trio.Leader(Cancel);
        var (follower, third) = (trio.Others(leader)[0], trio.Others(leader)[1]);
        await using var client = await ZooClient.ConnectAsync(new ZooClientOptions
        {
            ConnectionString = follower.Endpoint,
            SessionTimeout = TimeSpan.FromSeconds(10),
            ConnectTimeout = TimeSpan.FromSeconds(60),
        }, Cancel);
        Assert.False(client.ArePongsConfirmed);
        await using var election = client.Elect("/master");
        var master = await election.Won(Cancel);
        var atFirst = master.Deadline;
        await trio.Until(() => master.Deadline > atFirst, "the fence moves on while all is well", Cancel);

        // The third stands still as well, so that nobody can be elected: whatever moves the fence now would be the follower's own word.
        await leader.Signal(Stop, Cancel);
        await third.Signal(Stop, Cancel);
        var stopped = client.Now;
        await master.Ended.WhenFired();
        Assert.Equal((Ending.Fenced, false), (master.Ending, master.MayAct));
        Assert.True(master.Deadline <= stopped + client.SessionTimeout, "What a follower alone has answered moved the fence on.");
        Assert.True(client.FenceAt <= stopped + client.SessionTimeout, "What a follower alone has answered moved the fence on.");
        await leader.Signal(Continue, Cancel);
        await third.Signal(Continue, Cancel);
    }
}
