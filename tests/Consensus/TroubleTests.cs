using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Consensus;

/// <summary>Members that lost what they acknowledged, whose logs contradict each other, or who are not who they were.</summary>
public class TroubleTests
{
    [Fact]
    public void A8_a_member_that_knows_what_it_lost_votes_as_if_it_still_had_it()
    {
        var (world, mark) = Damaged(member: 3, keep: 1, out var disk);
        world.Stop(1);
        world.Start(3, disk, convalescence: new(mark, IsMarkLost: false));
        // 2 has everything and is elected; a member without the entries would not be, since 3 refuses it.
        Assert.False(Grants(world, voter: 3, candidate: 2, new(1), new(1)));
        Assert.Equal(2, world.Elect().Id.Value);
        Assert.Contains("c", world[2].Applied);
        world.Run(world.Settings.Heartbeat * 2);
        Assert.True(world[3].Raft.IsWhole);
        Assert.Contains("c", world[3].Applied);
    }

    [Fact]
    public void A8_it_never_stands_before_it_has_everything()
    {
        var (world, mark) = Damaged(member: 3, keep: 1, out var disk);
        world.Stop(1);
        world.Stop(2);
        world.Start(3, disk, convalescence: new(mark, IsMarkLost: false));
        world.Run(world.ElectionTimeout * 5);
        Assert.Equal(Role.Follower, world[3].Raft.Role);
        Assert.Empty(world.Flights);
    }

    [Fact]
    public void A8_two_members_damaged_at_different_places_do_not_stop_the_ensemble()
    {
        var world = new RaftWorld(3);
        var leader = world.Elect(1);
        foreach (var text in "abcdefgh")
            leader.Propose(text.ToString());
        world.Run(world.Settings.Heartbeat);
        var mark = leader.Raft.Log.LastPosition;
        foreach (var (id, keep) in new[] { (1, 3), (3, 6) })
        {
            var disk = world[id].Saved;
            disk.Journal.RemoveRange(keep, disk.Journal.Count - keep);
            disk.Commit = new((ulong)keep);
            world.Start(id, disk, convalescence: new(mark, IsMarkLost: false));
        }
        world.Start(2);
        Assert.Equal(2, world.Elect().Id.Value);
        world.Run(world.Settings.Heartbeat * 3);
        Assert.All(world.All, member => Assert.True(member.Raft.IsWhole));
        world.ExpectAgreement();
    }

    [Fact]
    public void A8_an_observer_lends_damaged_voters_what_the_intact_one_never_had()
    {
        var world = DamagedVoters(observerHasAll: true, entries: 8, limits: null);
        Assert.Contains(world.Elect().Id.Value, (byte[])[1, 3]);
        world.Run(world.Settings.Heartbeat * 3);
        Assert.All(world.All, member => Assert.True(member.Raft.IsWhole));
        Assert.All(world.All, member => Assert.Contains("7", member.Applied));
        world.ExpectAgreement();
    }

    [Fact]
    public void A8_what_is_lent_comes_out_of_the_journal_where_it_is_no_longer_in_memory()
    {
        var limits = new Limits { LogRingBytes = 64 << 10, LogRingEntries = 16, InflightFrames = 8, FrameBytes = 1024, IdentityBytes = 0, PeerFrameBytes = 4096 };
        var world = DamagedVoters(observerHasAll: true, entries: 400, limits);
        for (var i = 0; i < 100 && !(world[1].Raft.IsWhole && world[3].Raft.IsWhole); i++)
        {
            world.Run(world.Settings.Heartbeat);
            foreach (var member in world.All.Where(member => member.JournalReads.Count > 0))
                member.SendFromJournal();
            world.Settle();
        }
        Assert.Contains("399", world[1].LogText(), StringComparison.Ordinal);
        Assert.Contains("399", world[3].LogText(), StringComparison.Ordinal);
        Assert.Contains(world.Elect().Id.Value, (byte[])[1, 3]);
    }

    [Fact]
    public void A8_who_does_not_hold_the_mark_lends_nothing()
    {
        var world = DamagedVoters(observerHasAll: false, entries: 8, limits: null);
        world.Run(world.ElectionTimeout * 6);
        Assert.False(world.HasLeader);
        Assert.Equal(new(3), world[1].Raft.Log.Last);
        Assert.Equal(new(6), world[3].Raft.Log.Last);
    }

    [Fact]
    public void A_mark_is_met_only_when_the_disk_holds_what_it_names()
    {
        var (world, mark) = Damaged(member: 3, keep: 1, out var disk);
        world[3].IsDiskSlow = true;
        world.Start(3, disk, convalescence: new(mark, IsMarkLost: false)).IsDiskSlow = true;
        world.Run(world.Settings.Heartbeat * 3);
        Assert.Equal(world[1].LogText(), world[3].LogText());
        Assert.False(world[3].Raft.IsWhole);
        world[3].IsDiskSlow = false;
        world.Settle();
        Assert.True(world[3].Raft.IsWhole);
    }

    [Fact]
    public void A_member_whose_mark_is_lost_neither_votes_nor_counts()
    {
        var (world, _) = Damaged(member: 3, keep: 1, out var disk);
        world.Start(3, disk, convalescence: new(default, IsMarkLost: true));
        world.Cut(1, 2);
        world.Run(world.Settings.Heartbeat * 2);
        Assert.True(world[1].Propose("d"));
        world.Run(world.Settings.Heartbeat);
        Assert.Contains("d", world[3].LogText(), StringComparison.Ordinal);
        Assert.DoesNotContain("d", world[1].Applied);   // 1 and 3 have it, and 3 does not count
        world.Run(world.ElectionTimeout);
        Assert.Equal(Role.Follower, world[1].Raft.Role);
        world.Stop(2);
        world.Run(world.ElectionTimeout * 4);
        Assert.False(world.HasLeader);                  // nor does it vote
        Assert.False(world[3].Raft.IsWhole);
    }

    [Fact]
    public void It_counts_again_when_a_leader_confirmed_without_it_has_brought_it_up_to_date()
    {
        var (world, _) = Damaged(member: 3, keep: 1, out var disk);
        world.Start(3, disk, convalescence: new(default, IsMarkLost: true));
        world.Run(world.Settings.Heartbeat * 3);
        Assert.True(world[3].Raft.IsWhole);
        world.Stop(2);
        world[1].Propose("d");
        world.Run(world.Settings.Heartbeat * 2);
        Assert.Contains("d", world[1].Applied);
    }

    [Fact]
    public void A_second_loss_is_not_healed_by_what_was_held_before_it()
    {
        var (world, _) = Damaged(member: 3, keep: 1, out var disk);
        var early = new SavedDisk { Term = disk.Term, Vote = disk.Vote, Commit = new(1) };
        early.Journal.AddRange(disk.Journal);
        world.Start(3, disk, convalescence: new(default, IsMarkLost: true)).IsDiskSlow = true;
        world.Run(world.Settings.Heartbeat * 2);
        while (world[3].DiskWaiting > 0)
            world[3].FinishDisk();
        // All of it is on the disk and acknowledged; before the leader says that it is whole, the log is lost again.
        world.DeliverOnce();
        world.Start(3, early, convalescence: new(default, IsMarkLost: true)).IsDiskSlow = true;
        world.Run(world.Settings.Heartbeat * 3);
        Assert.False(world[3].Raft.IsWhole);
    }

    [Fact]
    public void B4_a_follower_that_differs_from_a_majority_stops_and_the_others_go_on()
    {
        var world = new RaftWorld(3);
        world.Elect(1).Propose("a");
        world.Settle();
        Falsify(world[3].Saved);
        world.Start(3);
        world[1].Propose("b");
        world.Run(world.Settings.Heartbeat * 3);
        Assert.Contains("contradict", world[3].Raft.Failure, StringComparison.Ordinal);
        Assert.Null(world[1].Raft.Failure);
        Assert.Contains("b", world[1].Applied);
        Assert.DoesNotContain("b", world[3].LogText(), StringComparison.Ordinal);
    }

    [Fact]
    public void B4_a_leader_contradicted_by_a_majority_stops_and_does_not_stop_its_followers()
    {
        var world = new RaftWorld(3);
        world.Elect(1).Propose("a");
        world.Run(world.Settings.Heartbeat);
        Falsify(world[1].Saved);
        world.ToleratesFalsehood = true;
        world.Start(1);
        world.Stand(1);
        world.Run(world.Settings.Heartbeat * 3);
        Assert.NotNull(world[1].Raft.Failure);
        Assert.Null(world[2].Raft.Failure);
        Assert.Null(world[3].Raft.Failure);
        world.Run(world.ElectionTimeout * 4);
        Assert.True(world.Leader.Propose("b"));
        world.Settle();
        Assert.Equal("b", world.Leader.Applied[^1]);
    }

    [Fact]
    public void A14_a_member_that_comes_back_with_another_disk_does_not_count()
    {
        var world = new RaftWorld(3);
        world.Elect(1).Propose("a");
        world.Run(world.Settings.Heartbeat);
        world.Stop(2);
        world.Start(3, new SavedDisk(), world.Founding, birth: 77);
        world[1].Propose("b");
        world.Run(world.Settings.Heartbeat * 2);
        Assert.DoesNotContain("b", world[1].Applied);
        Assert.Single(world[1].Notes, note => note.Contains("another disk", StringComparison.Ordinal));
        world.Run(world.ElectionTimeout * 4);
        Assert.False(world.HasLeader);
    }

    [Fact]
    public void Members_of_another_ensemble_are_not_listened_to_and_noted_once()
    {
        var world = new RaftWorld(3);
        world.Elect(1);
        var effects = new Effects();
        var body = new byte[Ballot.Bytes];
        new Ballot(new(9), new(9), new(9), Forced: true).Write(body);
        for (var i = 0; i < 3; i++)
        {
            var frame = PeerCodec.Write(effects, PeerKind.Vote, new(RaftWorld.Ensemble + 1, RaftWorld.BirthOf(new(2))), new(9), body);
            world[1].Receive(new(2), effects.Arena[frame].ToArray());
        }
        Assert.Equal(Role.Leader, world[1].Raft.Role);
        Assert.Single(world[1].Notes, note => note.Contains("another ensemble", StringComparison.Ordinal));
    }

    [Fact]
    public void A_followers_digest_reaches_the_leaders_owner()
    {
        var world = new RaftWorld(3);
        var leader = world.Elect(1);
        world[3].IsDeviant = true;
        for (var i = 0; i < 70; i++)
        {
            leader.Propose($"{i}");
            world.Settle();
        }
        world.Run(world.Settings.Heartbeat * 2);
        bool Differs((ServerId Peer, LogIndex Applied, Digest Digest) state) =>
            state.Digest != new Digest(world.Canonical[(int)state.Applied.Value].Chain);
        Assert.Contains(leader.PeerStates, state => state.Peer.Value == 3 && Differs(state));
        Assert.DoesNotContain(leader.PeerStates, state => state.Peer.Value == 2 && Differs(state));
        Assert.InRange(leader.PeerStates.Count(state => state.Peer.Value == 2), 2, 8);   // now and then
    }

    /// <summary>Three members with three entries committed; the disk of one of them as it would be if it had kept only the first so many.</summary>
    private static (RaftWorld World, LogPosition Mark) Damaged(int member, int keep, out SavedDisk disk)
    {
        var world = new RaftWorld(3);
        var leader = world.Elect(1);
        foreach (var text in "abc")
            leader.Propose(text.ToString());
        world.Run(world.Settings.Heartbeat);
        disk = world[member].Saved;
        disk.Journal.RemoveRange(keep, disk.Journal.Count - keep);
        disk.Commit = new((ulong)keep);
        return (world, leader.Raft.Log.LastPosition);
    }

    /// <summary>
    /// Entries that 1 and 3 have committed and 2 has never seen; then 1 and 3 lose theirs from different places on, and everybody starts again.
    /// </summary>
    private static RaftWorld DamagedVoters(bool observerHasAll, int entries, Limits? limits)
    {
        var world = new RaftWorld(3, observers: 1, limits: limits);
        var leader = world.Elect(1);
        world.Isolate(2);
        for (var i = 0; i < entries; i++)
        {
            if (i == 4 && !observerHasAll)
                world.Isolate(4);
            leader.Propose($"{i}");
            world.Settle();
        }
        var mark = leader.Raft.Log.LastPosition;
        world.Heal();
        foreach (var (id, keep) in new[] { (1, 3), (3, 6) })
        {
            var disk = world[id].Saved;
            disk.Journal.RemoveRange(keep, disk.Journal.Count - keep);
            disk.Commit = new((ulong)keep);
            world.Start(id, disk, convalescence: new(mark, IsMarkLost: false));
        }
        world.Start(2);
        world.Start(4);
        world.Flights.Clear();
        return world;
    }

    private static void Falsify(SavedDisk disk)
    {
        var last = disk.Journal[^1];
        byte[] body = [(byte)'z'];
        var before = disk.Before(last.Position.Index);
        disk.Journal[^1] = last with
        {
            Body = body,
            Position = last.Position with { Chain = Chain.Next(before.Chain, last.Position.Index, last.Position.Term, last.Time, body) },
        };
        disk.Commit = LogIndex.Zero;
    }

    private static bool Grants(RaftWorld world, int voter, int candidate, LogIndex lastIndex, Term lastTerm)
    {
        var body = new byte[Ballot.Bytes];
        new Ballot(new(9), lastIndex, lastTerm, Forced: false).Write(body);
        world.Flights.Clear();
        world[voter].Receive(new((byte)candidate), RaftWorld.Frame(PeerKind.PreVote, new((byte)candidate), new(8), body));
        Assert.True(PeerCodec.TryRead(Assert.Single(world.Flights).Frame, out var message));
        return BallotAnswer.Read(message.Body).Granted;
    }
}
