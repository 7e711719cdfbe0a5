using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Consensus;

/// <summary>Elections, replication, flushes and confirmation among a few members.</summary>
public class ReplicationTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Members_elect_a_leader_and_agree(int members)
    {
        var world = new RaftWorld(members);
        var leader = world.Elect();
        Assert.True(leader.Propose("a"));
        Assert.True(leader.Propose("b"));
        world.Run(world.Settings.Heartbeat * 2);
        foreach (var member in world.All)
        {
            Assert.Equal(["open", "a", "b"], member.Applied);
            Assert.Equal(leader.Id, member.Raft.Leader);
        }
        world.ExpectAgreement();
    }

    [Fact]
    public void A_leader_that_is_cut_off_steps_down_and_the_others_go_on()
    {
        var world = new RaftWorld(3);
        var old = world.Elect();
        world.Isolate(old.Id.Value);
        old.Propose("lost");
        world.Run(world.ElectionTimeout * 4);
        Assert.NotEqual(Role.Leader, old.Raft.Role);
        var leader = world.Leader;
        Assert.True(leader.Propose("kept"));
        world.Run(world.ElectionTimeout);
        world.Heal();
        world.Run(world.ElectionTimeout * 3);
        Assert.Same(leader, world.Leader);
        Assert.All(world.All, member => Assert.Equal(["open", "open", "kept"], member.Applied));
        world.ExpectAgreement();
    }

    [Fact]
    public void Nothing_is_acknowledged_before_it_is_flushed()
    {
        var world = new RaftWorld(3);
        var leader = world.Elect(1);
        world[2].IsDiskSlow = world[3].IsDiskSlow = true;
        leader.Propose("a");
        world.Settle();
        Assert.DoesNotContain("a", leader.Applied);
        Assert.Equal(leader.LogText(), world[2].LogText());
        world[2].FinishDisk();
        world.Settle();
        Assert.Contains("a", leader.Applied);
    }

    [Fact]
    public void The_leaders_own_flush_is_not_needed_when_a_majority_has_flushed()
    {
        var world = new RaftWorld(3);
        var leader = world.Elect(1);
        leader.IsDiskSlow = true;
        leader.Propose("a");
        world.Settle();
        Assert.Contains("a", leader.Applied);
        Assert.Equal(1, leader.DiskWaiting);
    }

    [Fact]
    public void A_round_is_confirmed_by_a_quorum_and_by_no_less()
    {
        var world = new RaftWorld(3);
        var leader = world.Elect(1);
        ulong round = 0;
        leader.Step(() => round = leader.Raft.Confirm());
        Assert.True(leader.Raft.ConfirmedRound < round);
        world.Settle();
        Assert.Equal(round, leader.Raft.ConfirmedRound);
        world.Cut(1, 2);
        leader.Step(() => round = leader.Raft.Confirm());
        world.Settle();
        Assert.Equal(round, leader.Raft.ConfirmedRound);
        world.Cut(1, 3);
        leader.Step(() => round = leader.Raft.Confirm());
        world.Run(world.ElectionTimeout / 2);
        Assert.True(leader.Raft.ConfirmedRound < round);
    }

    [Fact]
    public void The_only_voter_is_elected_again_in_the_middle_of_a_change()
    {
        var world = new RaftWorld(1, observers: 1);
        var leader = world.Elect(1);
        leader.Step(() =>
        {
            var joint = leader.Raft.Membership.Towards(new(RaftWorld.Members(1, 1), RaftWorld.Members(2, 2)));
            byte[] body = [(byte)'M', .. joint.Encode()];
            body.CopyTo(leader.Raft.Propose(body.Length, leader.Now));
            leader.Raft.Log.Seal();
            leader.Raft.Adopt(leader.Raft.Log.Last, joint, leader.Now);
        });
        leader.FinishDisk();
        leader = world.Start(1);
        Assert.True(leader.Raft.Membership.IsJoint);
        world.Run(world.ElectionTimeout * 3);
        Assert.True(leader.Raft.LeadsFirmly);
        Assert.Equal("1 (2) (3)", leader.Raft.Membership.ToString());
    }

    [Fact]
    public void When_the_leaders_links_close_nobody_waits_for_the_election_timeout()
    {
        for (var seed = 1ul; seed <= 20; seed++)
        {
            var world = new RaftWorld(3, seed: seed);
            var leader = world.Elect();
            world.Stop(leader.Id.Value, linksClose: true);
            world.Run(world.Settings.Heartbeat * 1.1);
            Assert.True(world.HasLeader);
        }
    }
}
