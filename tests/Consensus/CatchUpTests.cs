using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Consensus;

/// <summary>Followers that are behind the leader's memory, and rings that are full.</summary>
public class CatchUpTests
{
    private static readonly Limits Small = new() { FrameBytes = 100, IdentityBytes = 0, LogRingBytes = 4096, LogRingEntries = 16, InflightFrames = 4 };

    [Fact]
    public void A_follower_behind_the_memory_is_served_from_the_journal_without_stopping_the_others()
    {
        var world = Behind(out var leader);
        Assert.Contains(leader.JournalReads, read => read.To.Value == 3);
        for (var portions = 0; leader.JournalReads.Count > 0; portions++)
        {
            Assert.True(portions < 100);
            leader.SendFromJournal(bound: 40);
            Assert.True(leader.Propose($"more {portions}"));
            world.Settle();
        }
        Assert.Equal(leader.Applied, world[3].Applied);
    }

    [Fact]
    public void What_the_journal_has_no_more_comes_as_a_snapshot_and_the_rest_from_memory()
    {
        var world = Behind(out var leader, journalFrom: 100);
        Assert.Equal([new ServerId(3)], leader.SnapshotsAsked);
        leader.Propose("while it is sent");
        world.Settle();
        var snapshot = leader.TakeSnapshot();
        leader.Propose("and after it was taken");
        world.Settle();
        Assert.True(world[3].Install(snapshot));
        leader.Step(() => leader.Raft.SnapshotDone(new(3), snapshot.Position.Index));
        world.Settle();
        Assert.Equal(leader.Raft.Applied, world[3].Raft.Applied);
        Assert.Equal("and after it was taken", world[3].Applied[^1]);
        Assert.False(world[3].Install(snapshot));   // a second copy brings nothing
    }

    [Fact]
    public void What_could_not_be_read_is_asked_for_again()
    {
        var world = Behind(out var leader);
        leader.JournalReads.Clear();
        leader.Step(() => leader.Raft.CatchUpFailed(new(3)));
        world.Settle();
        Assert.Empty(leader.JournalReads);   // not at once
        world.Run(world.Settings.Heartbeat * 2);
        Assert.NotEmpty(leader.JournalReads);
    }

    [Fact]
    public void Entries_that_do_not_fit_are_not_accepted_and_come_again()
    {
        var world = new RaftWorld(3, limits: Small);
        var leader = world.Elect(1);
        world[3].IsDiskSlow = true;          // it applies, but drops nothing: the disk does not hold it yet
        for (var i = 0; i < 400; i++)
        {
            Assert.True(leader.Propose($"{i}"));
            world.Settle();
        }
        Assert.True(world[3].Raft.Log.Last < leader.Raft.Log.Last);
        Assert.Equal(400, leader.Applied.Count - 1);
        world[3].IsDiskSlow = false;
        for (var turns = 0; turns < 20; turns++)
        {
            world.Run(world.Settings.Heartbeat);
            while (leader.JournalReads.Count > 0)
                leader.SendFromJournal();
        }
        Assert.Equal(leader.Applied, world[3].Applied);
    }

    [Fact]
    public void A_full_log_holds_proposals_and_can_still_be_opened_by_the_next_leaders()
    {
        var world = new RaftWorld(3, limits: Small with { InflightFrames = 64 });
        var leader = world.Elect(1);
        world.CutOneWay(3, 1);
        world.CutOneWay(2, 1);
        var taken = 0;
        while (leader.Propose($"{taken}"))
            taken++;
        Assert.InRange(taken, 10, 16);
        world.Settle();   // the others have it all, and 1 does not know
        world.Stop(1);
        world.Heal();
        for (var i = 0; i < 5; i++)
        {
            // Leaders that come and go without committing anything each leave an opening entry.
            world[2].IsDiskSlow = world[3].IsDiskSlow = true;
            var id = 2 + i % 2;
            world.Stand(id);
            for (var j = 0; j < 4; j++)
            {
                foreach (var member in world.All.Where(member => member.DiskWaiting > 0 && member.Raft.Role != Role.Leader))
                    member.FinishDisk();
                world.DeliverOnce();
            }
        }
        world[2].IsDiskSlow = world[3].IsDiskSlow = false;
        world.Run(world.ElectionTimeout * 4);
        Assert.Contains($"{taken - 1}", world.Leader.Applied);
        Assert.True(world.Leader.Propose("end"));
    }

    [Fact]
    public void A_window_bounds_what_a_follower_may_owe()
    {
        var world = new RaftWorld(3, limits: Small with { PeerFrameBytes = 1, LogRingEntries = 64 });
        var leader = world.Elect(1);
        world[3].IsDiskSlow = true;
        for (var i = 0; i < 20; i++)
            leader.Propose($"{i}");
        Assert.Equal(4, world.Flights.Count(flight => flight.To.Value == 3));
        world.Settle();
        Assert.Equal("0 1 2 3".Split(' '), world[3].LogText().Split(' ')[1..].Select(text => text.Split(':')[1]));
        Assert.Equal(21, leader.Applied.Count);
    }

    [Fact]
    public void EndTerm_hands_over_or_stands_again()
    {
        var world = new RaftWorld(3);
        var leader = world.Elect(1);
        var term = leader.Raft.Term;
        leader.Step(() => leader.Raft.EndTerm(leader.Now));
        world.Settle();
        Assert.NotEqual(leader, world.Leader);
        // B2: nobody takes over, but the term ends all the same.
        leader = world.Elect();
        term = leader.Raft.Term;
        leader.Step(() => leader.Raft.EndTerm(leader.Now));
        world.Flights.Clear();   // the word to the successor is lost
        world.Run(world.ElectionTimeout + world.Settings.Heartbeat);
        Assert.True(world.Leader.Raft.Term > term);
        Assert.True(world.Leader.Raft.LeadsFirmly);
    }

    /// <summary>A world in which 3 is 400 entries behind and has just come back.</summary>
    private static RaftWorld Behind(out RaftMember leader, ulong journalFrom = 1)
    {
        var world = new RaftWorld(3, limits: Small);
        leader = world.Elect(1);
        world.Isolate(3);
        for (var i = 0; i < 400; i++)
        {
            Assert.True(leader.Propose($"{i}"));
            world.Settle();
        }
        leader.JournalFrom = new(journalFrom);
        world.Heal();
        world.Run(world.Settings.Heartbeat * 3);
        Assert.Equal(new(1), world[3].Raft.Log.Last);
        return world;
    }
}
