using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Judges;

namespace Quorate.Tests.Simulations;

/// <summary>The judges that are fed by the members' traces: each is shown good traces, and each bad one that it is there for.</summary>
public class TraceJudgeTests
{
    private static readonly ServerId A = new(1), B = new(2);

    [Fact]
    public void Two_leaders_of_one_term_are_found()
    {
        var judge = new ElectionSafety();
        judge.Became(A, Role.Leader, new(3), A);
        judge.Became(B, Role.Follower, new(3), A);
        judge.Became(A, Role.Leader, new(3), A);
        judge.Became(B, Role.Leader, new(4), B);
        Assert.Null(judge.Finding);
        judge.Became(A, Role.Leader, new(4), A);
        Assert.Equal("Members 2 and 1 both lead term 4.", judge.Finding);
    }

    [Fact]
    public void A_member_may_forget_over_a_restart_a_term_that_it_had_only_entered()
    {
        var judge = new ElectionSafety();
        judge.Became(A, Role.Leader, new(2), A);
        judge.Became(A, Role.Candidate, new(4), default);
        judge.Ended(A);
        judge.Became(A, Role.Candidate, new(3), default);
        Assert.Null(judge.Finding);
        judge.Became(A, Role.Follower, new(2), default);
        Assert.Equal("Member 1 is in term 2 after it was in term 3.", judge.Finding);
    }

    [Fact]
    public void A_member_that_goes_back_to_an_older_term_is_found_even_over_a_restart_but_not_over_a_wipe()
    {
        var judge = new ElectionSafety();
        judge.Became(A, Role.Follower, new(5), default);
        judge.Wiped(A);
        judge.Became(A, Role.Leader, new(2), A);
        Assert.Null(judge.Finding);
        judge.Ended(A);
        judge.Started(A);
        judge.Became(A, Role.Candidate, new(1), default);
        Assert.Equal("Member 1 is in term 1 after it was in term 2.", judge.Finding);
    }

    [Fact]
    public void One_sequence_walked_by_all_is_good_also_after_restarts_and_installs()
    {
        var judge = new LogAgreement();
        Walk(judge, A, 1, 6);
        Walk(judge, B, 1, 3);
        judge.Started(B);
        Walk(judge, B, 2, 4);
        judge.Installed(B, new(5), default, default);
        Walk(judge, B, 6, 6);
        Assert.Null(judge.Finding);
        Assert.Equal(new LogIndex(6), judge.Last);
    }

    [Fact]
    public void Two_entries_at_one_index_are_found()
    {
        var judge = new LogAgreement();
        Walk(judge, A, 1, 3);
        Walk(judge, B, 1, 2);
        judge.Committed(B, new(3), new(1), 99);
        Assert.StartsWith("Entry 3 is of term 1 with chain", judge.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_that_skips_or_repeats_a_committed_entry_is_found()
    {
        var skips = new LogAgreement();
        Walk(skips, A, 1, 2);
        skips.Committed(A, new(4), new(1), 4);
        Assert.Equal("Member 1 committed entry 4 after entry 2.", skips.Finding);

        var repeats = new LogAgreement();
        Walk(repeats, A, 1, 2);
        repeats.Committed(A, new(2), new(1), 2);
        Assert.NotNull(repeats.Finding);
    }

    [Fact]
    public void A_term_that_goes_back_along_the_log_is_found()
    {
        var judge = new LogAgreement();
        judge.Committed(A, new(1), new(4), 1);
        judge.Committed(A, new(2), new(3), 2);
        Assert.Equal("Entry 2 of term 3 follows one of term 4 on member 1.", judge.Finding);
    }

    [Fact]
    public void A_snapshot_that_takes_a_member_back_is_found()
    {
        var judge = new LogAgreement();
        Walk(judge, A, 1, 5);
        judge.Installed(A, new(4), default, default);
        Assert.Equal("Member 1 installed a snapshot up to entry 4 after it had committed entry 5.", judge.Finding);
    }

    [Fact]
    public void Two_states_after_one_entry_are_found()
    {
        var judge = new TreeAgreement();
        judge.Applied(A, Entry(1, 1, 10));
        judge.Applied(B, Entry(1, 1, 10));
        judge.Installed(B, new(1), new(1), new(10));
        Assert.Null(judge.Finding);
        judge.Applied(A, Entry(2, 2, 20));
        judge.Applied(B, Entry(2, 2, 21));
        Assert.StartsWith("After entry 2 (zxid 0x2) the state of member 1 has digest", judge.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_zxids_after_one_entry_are_found()
    {
        var judge = new TreeAgreement();
        judge.Applied(A, Entry(1, 1, 10));
        judge.Installed(B, new(1), new(2), new(10));
        Assert.Equal("After entry 1 member 1 is at zxid 0x1 and member 2 at 0x2.", judge.Finding);
    }

    [Theory]
    [InlineData(0x1_0000_0000, 0x1_0000_0001, null)]
    [InlineData(0x1_0000_0001, 0x1_0000_0001, null)]                     // an entry that takes no number
    [InlineData(0x1_0000_0005, 0x2_0000_0000, null)]
    [InlineData(0x1_0000_0005, 0x1_0000_0004, "Member 1 is at zxid 0x100000004 after 0x100000005 (entry 2).")]
    [InlineData(0x1_0000_0001, 0x1_0000_0003, "Member 1 went from zxid 0x100000001 to 0x100000003 by one entry (2).")]
    [InlineData(0x1_0000_0001, 0x2_0000_0001, "Member 1 went from zxid 0x100000001 to 0x200000001 by one entry (2).")]
    public void Zxids_go_on_one_by_one(long first, long second, string? finding)
    {
        var judge = new ZxidOrder();
        judge.Applied(A, Entry(1, first, 0));
        judge.Applied(A, Entry(2, second, 0));
        Assert.Equal(finding, judge.Finding);
    }

    [Fact]
    public void A_member_may_begin_anew_behind_what_it_has_recovered_and_nowhere_else()
    {
        var judge = new ZxidOrder();
        judge.Applied(A, Entry(7, 7, 0));
        judge.Started(A);
        judge.Applied(A, Entry(5, 5, 0));
        Assert.Null(judge.Finding);
        judge.Applied(A, Entry(7, 6, 0));
        Assert.Equal("Member 1 applied entry 7 after entry 5.", judge.Finding);
    }

    [Fact]
    public void A_counter_that_reaches_its_limit_is_found()
    {
        var judge = new ZxidOrder(counterLimit: 16);
        judge.Applied(A, Entry(1, 0x1_0000_000E, 0));
        judge.Applied(A, Entry(2, 0x1_0000_000F, 0));
        Assert.Null(judge.Finding);
        judge.Applied(A, Entry(3, 0x1_0000_0010, 0));
        Assert.Equal("Entry 3 has taken zxid 0x100000010, where a term ends before its counter reaches 16.", judge.Finding);
    }

    [Fact]
    public void Time_that_runs_back_along_the_log_is_found_but_not_behind_a_snapshot()
    {
        var judge = new ZxidOrder();
        judge.Applied(A, Entry(1, 1, 0) with { Time = new(1000) });
        judge.Installed(A, new(2), new(2), default);
        judge.Applied(A, Entry(3, 3, 0) with { Time = new(900) });
        judge.Applied(A, Entry(4, 4, 0) with { Time = new(900) });
        Assert.Null(judge.Finding);
        judge.Applied(A, Entry(5, 5, 0) with { Time = new(899) });
        Assert.Equal("Entry 5 has the time 899 ms, and the one before it 900 ms.", judge.Finding);
    }

    [Fact]
    public void A_leader_that_commits_only_what_is_older_than_its_term_is_found()
    {
        var judge = new CommitRule();
        judge.Committed(A, new(1), new(1), 1);
        judge.Became(A, Role.Leader, new(3), A);
        judge.Applied(A, Entry(1, 1, 0));   // it knew of that before
        judge.Committed(A, new(2), new(1), 2);
        judge.Committed(A, new(3), new(3), 3);
        judge.Applied(A, Entry(2, 2, 0));
        judge.Became(B, Role.Follower, new(3), A);
        judge.Committed(B, new(2), new(1), 2);
        judge.Applied(B, Entry(2, 2, 0));
        Assert.Null(judge.Finding);
        judge.Became(A, Role.Leader, new(5), A);
        judge.Committed(A, new(4), new(3), 4);
        judge.Applied(A, Entry(4, 4, 0));
        Assert.Equal("Member 1, which leads term 5, has committed up to entry 4, which is of term 3.", judge.Finding);
    }

    [Fact]
    public void A_session_opened_twice_for_one_proposal_is_found_and_a_skipped_copy_is_not()
    {
        var judge = new OwnProposals();
        judge.Applied(A, Opening(1, starts: 1, number: 1));
        judge.Applied(B, Opening(1, starts: 1, number: 1));
        judge.Applied(A, Opening(2, starts: 1, number: 1) with { Answer = null });
        judge.Applied(A, Opening(3, starts: 1, number: 2));
        judge.Applied(A, Opening(4, starts: 2, number: 1));
        Assert.Null(judge.Finding);
        judge.Applied(B, Opening(5, starts: 1, number: 2));
        Assert.Equal("Entry 5 (CreateSession) took effect as number 2 of member 1, whose last one was number 2.", judge.Finding);
    }

    private static AppliedEntry Opening(ulong index, uint starts, ulong number) => Entry(index, (long)index, 0) with
    {
        Command = new() { Kind = CommandKind.CreateSession, Origin = A, Incarnation = new(7, starts), Sequence = number },
        Answer = ErrorCode.Ok,
    };

    private static void Walk(LogAgreement judge, ServerId member, ulong from, ulong to)
    {
        for (var index = from; index <= to; index++)
            judge.Committed(member, new(index), new(1), index * 17);
    }

    private static AppliedEntry Entry(ulong index, long zxid, uint digest) => new()
    {
        Index = new(index),
        Term = new(1),
        Time = default,
        Command = new() { Kind = CommandKind.Open },
        Answer = null,
        Zxid = new(zxid),
        Digest = new(digest),
    };
}
