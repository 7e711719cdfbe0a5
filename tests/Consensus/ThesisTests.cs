using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Trees;
using Quorate.Tests.Machines;

namespace Quorate.Tests.Consensus;

/// <summary>One test for each claim of the Raft thesis (Ongaro, 2014) that is relied upon; the section stands in the name or beside it.</summary>
public class ThesisTests
{
    /// <summary>§3.4: at most one vote in a term, first come, first served.</summary>
    [Fact]
    public void A_member_gives_one_vote_in_a_term()
    {
        var world = new RaftWorld(3);
        Ask(world, 1, voter: 3, term: 1);
        world[3].FinishDisk();
        Assert.True(Granted(world, 3, 1));
        Ask(world, 2, voter: 3, term: 1);
        Assert.False(Granted(world, 3, 2));
        Ask(world, 1, voter: 3, term: 1);
        Assert.True(Granted(world, 3, 1));
    }

    /// <summary>C4: entries of a term may be on the disk before the superblock that tells of it. Nothing was said in that term; it is entered again.</summary>
    [Fact]
    public void A_member_whose_journal_is_ahead_of_its_term_starts_in_the_term_of_the_journal()
    {
        var world = new RaftWorld(3);
        world.Elect(1).Propose("a");
        world.Run(world.Settings.Heartbeat);
        var disk = world[3].Saved;
        (disk.Term, disk.Vote) = (default, default);
        world[3].IsDiskSlow = true;
        world.Start(3, disk);
        Assert.Equal((new Term(1), default), (world[3].Raft.Term, world[3].Raft.VotedFor));
        world.Flights.Clear();
        Ask(world, 2, voter: 3, term: 1, lastIndex: 2, lastTerm: 1);
        Assert.Empty(world.Flights);
        while (world[3].DiskWaiting > 0)
            world[3].FinishDisk();
        Assert.True(Granted(world, 3, 2));
    }

    /// <summary>§3.4, §3.8: term and vote are durable before the vote is given, and a crash does not take it back.</summary>
    [Fact]
    public void A_vote_survives_a_crash_and_is_not_given_before_it_would_C4()
    {
        var world = new RaftWorld(3);
        Ask(world, 1, voter: 3, term: 1);
        Assert.Empty(world.Flights);
        world[3].FinishDisk();
        Assert.True(Granted(world, 3, 1));
        world.Start(3);
        Ask(world, 2, voter: 3, term: 1);
        Assert.False(Granted(world, 3, 2));
        Assert.Equal(new(1), world[3].Raft.VotedFor);
    }

    /// <summary>§3.6.1: a candidate whose log does not reach as far gets no vote.</summary>
    [Theory]
    [InlineData(2, 3, true)]
    [InlineData(2, 4, true)]
    [InlineData(3, 1, true)]
    [InlineData(2, 2, false)]
    [InlineData(1, 9, false)]
    public void Election_restriction(uint lastTerm, ulong lastIndex, bool granted)
    {
        var world = new RaftWorld(3);
        world[3].Saved.Term = new(2);
        Save(world[3], 1, "a");
        Save(world[3], 2, "b");
        Save(world[3], 2, "c");
        world.Start(3);
        Ask(world, 1, voter: 3, term: 5, lastIndex, lastTerm);
        if (world[3].DiskWaiting > 1)
            world[3].FinishDisk();
        world[3].FinishDisk();
        Assert.Equal(granted, Granted(world, 3, 1));
    }

    /// <summary>§3.3, leader append-only: a leader never overwrites or takes back entries of its own log.</summary>
    [Fact]
    public void A_leader_only_appends()
    {
        var world = new RaftWorld(3);
        var leader = world.Elect(1);
        leader.Propose("a");
        world.Settle();
        var before = leader.LogText();
        world.Cut(1, 2);
        leader.Propose("b");
        world.Run(world.ElectionTimeout / 2);
        world.Heal();
        world.Run(world.ElectionTimeout / 2);
        Assert.StartsWith(before, leader.LogText(), StringComparison.Ordinal);
        Assert.Equal(Role.Leader, leader.Raft.Role);
    }

    /// <summary>§3.5, log matching: followers take over the leader's log in place of whatever else they have.</summary>
    [Theory]
    [InlineData("1 1 1 4 4 5 5 6 6")]
    [InlineData("1 1 1 4")]
    [InlineData("1 1 1 4 4 5 5 6 6 6 6")]
    [InlineData("1 1 1 4 4 5 5 6 6 6 7 7")]
    [InlineData("1 1 1 4 4 4 4")]
    [InlineData("1 1 1 2 2 2 3 3 3 3 3")]
    public void Followers_logs_become_the_leaders(string followersTerms)
    {
        // Thesis figure 3.6: the leader of term 8 and followers that miss entries, have some too many, or both.
        var world = new RaftWorld(3);
        foreach (var (id, terms) in new[] { (1, "1 1 1 4 4 5 5 6 6 6"), (2, "1 1 1 4 4 5 5 6 6 6"), (3, followersTerms) })
        {
            foreach (var term in terms.Split(' ').Select(uint.Parse))
                Save(world[id], term, $"{term}");
            world[id].Saved.Term = new(7);
            world.Start(id);
        }
        world.Stand(1);
        world.Settle();
        Assert.Equal(Role.Leader, world[1].Raft.Role);
        world.Run(world.Settings.Heartbeat * 3);
        world.ExpectLogsMatch();
        Assert.Equal(world[1].LogText(), world[3].LogText());
        world.ExpectAgreement();
    }

    /// <summary>§3.6.2: only entries of the leader's own term are committed by counting (figure 3.8 is a script).</summary>
    [Fact]
    public void An_entry_of_an_older_term_is_committed_with_one_of_the_leaders_own()
    {
        var world = new RaftWorld(3);
        foreach (var member in world.All.ToArray())
        {
            Save(member, 2, "old");
            member.Saved.Term = new(2);
            world.Start(member.Id.Value).IsDiskSlow = false;
        }
        world[2].IsDiskSlow = world[3].IsDiskSlow = true;
        world.Stand(1);
        world.Settle();
        world[2].FinishDisk();   // its vote
        world.Settle();
        Assert.Equal(Role.Leader, world[1].Raft.Role);
        Assert.Equal(LogIndex.Zero, world[1].Raft.Committed);   // although all three have it on the disk
        world[2].FinishDisk();
        world.Settle();
        Assert.Equal(["old", "open"], world[1].Applied);
    }

    /// <summary>§3.6.3, leader completeness; RaftWorld asserts it at every election, here is one where it matters.</summary>
    [Fact]
    public void Who_lacks_what_is_committed_is_not_elected()
    {
        var world = new RaftWorld(3);
        var leader = world.Elect(1);
        world.Isolate(3);
        leader.Propose("a");
        world.Settle();
        Assert.Contains("a", leader.Applied);
        world.Heal();
        world.Cut(1, 3);
        world.Stop(1);
        world.Stand(3);
        world.Settle();
        Assert.NotEqual(Role.Leader, world[3].Raft.Role);
        Assert.Equal(2, world.Elect().Id.Value);
    }

    /// <summary>§3.10: the transfer goes to one that is up to date, and the old leader takes nothing new meanwhile.</summary>
    [Fact]
    public void Leadership_is_transferred_to_whoever_is_furthest()
    {
        var world = new RaftWorld(3);
        var leader = world.Elect(1);
        world.Cut(1, 2);
        leader.Propose("a");
        world.Settle();
        leader.Step(() => Assert.True(leader.Raft.Transfer(leader.Now)));
        Assert.False(leader.Propose("b"));
        world.Settle();
        Assert.Equal(Role.Leader, world[3].Raft.Role);
        Assert.Equal(Role.Follower, leader.Raft.Role);
    }

    /// <summary>§4.3: while two configurations are in force a majority of one is nothing.</summary>
    [Theory]
    [InlineData("2 3", false)]
    [InlineData("4 5", false)]
    [InlineData("2 4", true)]
    public void Joint_consensus_needs_a_majority_of_both(string reachable, bool commits)
    {
        var world = new RaftWorld(3, observers: 2);
        var leader = world.Elect(1);
        var ids = reachable.Split(' ').Select(int.Parse).ToArray();
        foreach (var id in Enumerable.Range(2, 4).Except(ids))
            world.Cut(1, id);
        Assert.True(leader.Propose(leader.Raft.Membership.Towards(new(Voters(1, 4, 5), []))));
        Assert.True(leader.Raft.Membership.IsJoint);
        world.Settle();
        Assert.Equal(commits, leader.Applied.Any(text => text.StartsWith("members", StringComparison.Ordinal)));
    }

    /// <summary>§4.3: nor is a leader elected by one of the two.</summary>
    [Fact]
    public void An_election_needs_a_majority_of_both()
    {
        var world = new RaftWorld(3, observers: 2);
        var leader = world.Elect(1);
        world[4].IsDiskSlow = world[5].IsDiskSlow = true;
        leader.Propose(leader.Raft.Membership.Towards(new(Voters(1, 4, 5), [])));
        world.Settle();
        Assert.True(world[2].Raft.Membership.IsJoint);
        world.Stop(1);
        world.Cut(2, 4);
        world.Cut(2, 5);
        world.Stand(2);
        world.Settle();
        Assert.NotEqual(Role.Leader, world[2].Raft.Role);   // 2 and 3 are a majority of the old one only
        world.Heal();
        world[4].IsDiskSlow = world[5].IsDiskSlow = false;
        world.Run(world.ElectionTimeout * 4);
        Assert.True(world.Leader.Raft.LeadsFirmly);
        Assert.Equal("1 4 5", world.Leader.Raft.Membership.ToString());
    }

    /// <summary>§4.2.1: new members catch up without a vote; they are not counted.</summary>
    [Fact]
    public void A_learner_follows_and_does_not_count()
    {
        var world = new RaftWorld(3, observers: 2);
        var leader = world.Elect(1);
        world.Isolate(2);
        world.Cut(1, 3);
        leader.Propose("a");
        world.Settle();
        Assert.DoesNotContain("a", leader.Applied);
        Assert.Equal(leader.LogText(), world[4].LogText());
        world.Heal();
        world.Run(world.Settings.Heartbeat * 2);
        Assert.Contains("a", world[4].Applied);
    }

    /// <summary>§4.2.2: a leader that removed itself manages the ensemble until that is committed, without counting itself; then it steps down.</summary>
    [Fact]
    public void A_leader_that_is_not_in_the_new_configuration_steps_down_when_it_is_committed()
    {
        var world = new RaftWorld(3);
        var leader = world.Elect(1);
        leader.Propose(leader.Raft.Membership.Towards(new(Voters(2, 3), [])));
        world.DeliverOnce();
        world[2].FinishDisk();
        world[2].IsDiskSlow = true;   // it has the joint entry, and what follows not yet
        world.Settle();
        Assert.Equal("2 3", leader.Raft.Membership.ToString());
        Assert.Equal(Role.Leader, leader.Raft.Role);   // the leave entry is on 1 and 3, and 1 does not count
        world[2].IsDiskSlow = false;
        world.Settle();
        Assert.Equal(Role.Follower, leader.Raft.Role);
        Assert.Equal("members(2 3)", leader.Applied[^1]);
        Assert.True(world.Leader.Raft.LeadsFirmly);   // handed over, not waited for
    }

    /// <summary>§4.2.3, §9.6: a removed member, or one that was cut off, does not disturb those who have a leader.</summary>
    [Fact]
    public void Nobody_disturbs_an_ensemble_that_hears_its_leader()
    {
        var world = new RaftWorld(3);
        var leader = world.Elect(1);
        var term = leader.Raft.Term;
        world.Isolate(3);
        world.Run(world.ElectionTimeout * 10);
        Assert.Equal(term, world[3].Raft.Term);
        world.Heal();
        world.Run(world.ElectionTimeout * 3);
        Assert.Equal(term, leader.Raft.Term);
        Assert.Equal(Role.Leader, leader.Raft.Role);
        Assert.Equal(leader.Id, world[3].Raft.Leader);
        // Even a real request for a vote, in a newer term, is not entered into.
        Ask(world, 3, voter: 2, term: term.Value + 5, lastIndex: 99, lastTerm: term.Value);
        Assert.False(Granted(world, 2, 3));
        Assert.Equal(term, world[2].Raft.Term);
    }

    /// <summary>§5.1, §5.3: a snapshot beyond the log takes the place of all of it, conflicts included, and brings the configuration with it.</summary>
    [Fact]
    public void A_snapshot_takes_the_place_of_a_log_that_does_not_reach_it()
    {
        var world = new RaftWorld(3, observers: 1);
        world.Elect(3);
        world.Isolate(3);
        world[3].Propose("never committed");
        world.Settle();
        var leader = world.Elect(1);
        leader.Propose("a");
        leader.Propose(leader.Raft.Membership.Towards(new(Voters(1, 2, 3, 4), [])));
        world.Settle();
        var snapshot = leader.TakeSnapshot();
        leader.Propose("b");
        world.Settle();

        world[3].Receive(leader.Id, RaftWorld.Frame(PeerKind.Heartbeat, leader.Id, leader.Raft.Term, Beat()));
        Assert.True(world[3].Install(snapshot));
        Assert.Equal(snapshot.Position, world[3].Raft.Log.LastPosition);   // what it had is gone, the entry that conflicts too
        Assert.Equal("1 2 3 4", world[3].Raft.Membership.ToString());
        Assert.False(world[3].Install(snapshot));
        world.Heal();
        world.Run(world.Settings.Heartbeat * 5);
        Assert.Equal("b", world[3].Applied[^1]);
        Assert.DoesNotContain("never committed", world[3].Applied);
        world.ExpectLogsMatch();
        world.ExpectAgreement();
    }

    /// <summary>§5.3: a snapshot of a beginning of the log takes nothing away of what follows it.</summary>
    [Fact]
    public void A_snapshot_that_the_log_reaches_beyond_only_says_what_is_committed()
    {
        var world = new RaftWorld(3);
        var leader = world.Elect(1);
        leader.Propose("a");
        var position = leader.Raft.Log.LastPosition;
        leader.Propose("b");
        world.DeliverOnce();
        world.CutOneWay(1, 3);
        world.Settle();
        Assert.Equal("b", leader.Applied[^1]);
        Assert.Equal("open", world[3].Applied[^1]);
        Assert.False(world[3].Install(new(position, leader.Raft.Log.LastTime, leader.Raft.AppliedMembership)));
        Assert.Equal("a", world[3].Applied[^1]);
        Assert.EndsWith("1:a 1:b", world[3].LogText(), StringComparison.Ordinal);
    }

    /// <summary>§6.3: a command that a client sends again, or that is forwarded again, may be in the log twice; it takes effect once.</summary>
    [Fact]
    public void A_command_that_reaches_the_log_twice_takes_effect_once()
    {
        const int Sequential = 2;
        var driver = new MachineDriver();
        var session = driver.OpenSession();
        Assert.Equal(Verdict.Applied, driver.Create(session, 1, "/q-", Sequential).Verdict);
        var (zxid, digest) = (driver.Machine.Zxid, driver.Machine.Digest);
        Assert.Equal(Verdict.Duplicate, driver.Create(session, 1, "/q-", Sequential).Verdict);
        Assert.Equal((zxid, digest), (driver.Machine.Zxid, driver.Machine.Digest));
        Assert.Equal(Verdict.Applied, driver.Create(session, 2, "/q-", Sequential).Verdict);
        Assert.Equal(Verdict.Duplicate, driver.Create(session, 1, "/q-", Sequential).Verdict);   // however late
        Assert.NotEqual(Tree.None, driver.Machine.Tree.Find("/q-0000000001"u8));
        Assert.Equal(Tree.None, driver.Machine.Tree.Find("/q-0000000002"u8));
    }

    /// <summary>§6.2: a leader that cannot reach a majority steps down within an election timeout.</summary>
    [Fact]
    public void A_leader_without_a_majority_steps_down()
    {
        var world = new RaftWorld(5);
        var leader = world.Elect(1);
        world.Cut(1, 2);
        world.Cut(1, 3);
        world.Run(world.ElectionTimeout * 2);
        Assert.Equal(Role.Leader, leader.Raft.Role);
        world.Cut(1, 4);
        world.Run(world.ElectionTimeout + world.Settings.Heartbeat);
        Assert.Equal(Role.Follower, leader.Raft.Role);
    }

    /// <summary>§6.4: a read waits for the opening entry and for a round that began after it was asked.</summary>
    [Fact]
    public void Nothing_is_confirmed_before_the_opening_entry_is_applied()
    {
        var world = new RaftWorld(3);
        world.Elect(1).Propose("a");
        world.Settle();
        world[1].IsDiskSlow = world[3].IsDiskSlow = true;
        world.Stand(2);
        world.Settle();
        world[3].FinishDisk();
        world.Settle();
        var leader = world[2];
        Assert.Equal(Role.Leader, leader.Raft.Role);
        ulong round = 0;
        leader.Step(() => round = leader.Raft.Confirm());
        world.Settle();
        Assert.True(leader.Raft.ConfirmedRound < round);   // all have answered, but the opening entry is on one disk only
        world[3].FinishDisk();
        world.Settle();
        Assert.Equal(round, leader.Raft.ConfirmedRound);
    }

    /// <summary>§6.4: answers of another term confirm nothing.</summary>
    [Fact]
    public void An_answer_of_an_older_term_confirms_nothing()
    {
        var world = new RaftWorld(3);
        world.Elect(1);
        world[1].Step(() => world[1].Raft.Confirm());
        world.DeliverOnce();
        var late = world.Flights.ToArray();   // answers to round 1 of term 1
        world.Flights.Clear();
        world.Elect(2);
        world.Elect(1);
        world.Isolate(1);
        ulong round = 0;
        world[1].Step(() => round = world[1].Raft.Confirm());
        foreach (var flight in late)
            world.Deliver(flight);
        Assert.True(world[1].Raft.ConfirmedRound < round);
    }

    /// <summary>§10.2.1: the leader writes while the others do, and its own disk counts like any other: not before it has flushed, and not more.</summary>
    [Fact]
    public void An_entry_may_be_committed_before_the_leaders_own_disk_has_it()
    {
        var world = new RaftWorld(3);
        var leader = world.Elect(1);
        leader.IsDiskSlow = true;
        leader.Propose("on 2 and 3");
        world.Settle();
        Assert.True(leader.DiskWaiting > 0);
        Assert.Equal("on 2 and 3", leader.Applied[^1]);

        world[3].IsDiskSlow = true;
        leader.Propose("on 2");
        world.Settle();
        Assert.Equal("on 2 and 3", leader.Applied[^1]);   // that it is the leader who has it in memory makes no majority
        leader.IsDiskSlow = false;
        world.Settle();
        Assert.Equal("on 2", leader.Applied[^1]);
        Assert.True(world[3].DiskWaiting > 0);
    }

    private static byte[] Beat()
    {
        var body = new byte[Heartbeat.Bytes];
        new Heartbeat(LogIndex.Zero, Round: 0, IsBeat: true, Heard: 0).Write(body);
        return body;
    }

    private static Member[] Voters(params int[] ids) => ids.Select(RaftWorld.Someone).ToArray();

    private static void Ask(RaftWorld world, int candidate, int voter, uint term, ulong lastIndex = 0, uint lastTerm = 0)
    {
        var body = new byte[Ballot.Bytes];
        new Ballot(new(term), new(lastIndex), new(lastTerm), Forced: false).Write(body);
        world[voter].Receive(new((byte)candidate), RaftWorld.Frame(PeerKind.Vote, new((byte)candidate), new(term), body));
    }

    /// <summary>Takes the answer to a vote off the wire.</summary>
    private static bool Granted(RaftWorld world, int voter, int candidate)
    {
        var answer = Assert.Single(world.Flights, flight => flight.From.Value == voter && flight.To.Value == candidate);
        world.Flights.Remove(answer);
        Assert.True(PeerCodec.TryRead(answer.Frame, out var message));
        Assert.Equal(PeerKind.VoteAnswer, message.Kind);
        return BallotAnswer.Read(message.Body).Granted;
    }

    private static void Save(RaftMember member, uint term, string text)
    {
        var log = new EntryLog(new() { LogRingBytes = 4096, LogRingEntries = 64 });
        foreach (var saved in member.Saved.Journal)
        {
            saved.Body.CopyTo(log.Append(saved.Position.Term, saved.Time, saved.Body.Length));
            log.Seal();
        }
        var body = System.Text.Encoding.UTF8.GetBytes(text);
        body.CopyTo(log.Append(new(term), new(7), body.Length));
        log.Seal();
        member.Saved.Journal.Add(new(log.LastPosition, new(7), body));
    }
}
