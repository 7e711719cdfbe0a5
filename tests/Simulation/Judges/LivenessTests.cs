using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;
using static Quorate.Tests.Simulations.Judges.Requests;

namespace Quorate.Tests.Simulations.Judges;

public class LivenessTests
{
    private readonly Liveness _judge = new();
    private readonly History _history;

    public LivenessTests()
    {
        _history = new(_judge);
        _judge.Heal([new(1), new(2)], [1]);
        _judge.Became(new(1), Role.Leader, new(4), new(1));
        _judge.Became(new(2), Role.Follower, new(4), new(1));
        for (ulong index = 1; index <= 7; index++)
            Reach(index, digest: 5, 1, 2);
    }

    [Fact]
    public void A_core_that_agrees_with_all_its_clients_served_is_alive()
    {
        _history.Return(default, _history.Call(default, 1, Get("/")), new(ErrorCode.Ok, default));
        _history.Call(default, 2, Get("/"));   // not a client of the core
        Assert.Null(Verdict());
    }

    [Fact]
    public void A_core_without_a_leader_is_found()
    {
        _judge.Became(new(1), Role.Candidate, new(5), default);
        Assert.NotNull(Verdict());
    }

    [Fact]
    public void A_follower_of_somebody_else_is_found()
    {
        _judge.Became(new(2), Role.Follower, new(4), new(3));
        Assert.NotNull(Verdict());
    }

    [Fact]
    public void A_member_that_stays_behind_is_found()
    {
        Reach(8, digest: 6, 1);
        Assert.NotNull(Verdict());
    }

    [Fact]
    public void Members_with_different_states_are_found()
    {
        Reach(8, digest: 6, 1);
        Reach(8, digest: 7, 2);
        Assert.NotNull(Verdict());
    }

    [Fact]
    public void A_core_that_has_lost_what_was_once_applied_is_found()
    {
        Reach(9, digest: 8, 3);
        Assert.NotNull(Verdict());
    }

    [Fact]
    public void A_client_that_waits_for_ever_is_found()
    {
        _history.Call(default, 1, Get("/"));
        Assert.NotNull(Verdict(after: TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void A_client_may_wait_for_a_member_that_is_not_of_the_core()
    {
        _history.Send(default, _history.Call(default, 1, Get("/")), default, 1, new(3));
        Assert.Null(Verdict(after: TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void A_request_of_the_last_moment_may_be_under_way()
    {
        _history.Call(default, 1, Get("/"));
        Assert.Null(Verdict(after: TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Damage_excuses_only_what_it_has_destroyed_on_all_who_held_it()
    {
        _judge.Became(new(1), Role.Follower, new(4), default);
        _judge.Destroyed(new(1), new(7));
        Assert.NotNull(Verdict());
        Assert.Null(_judge.Excuse);
    }

    [Fact]
    public void Damage_to_all_copies_of_a_committed_entry_is_an_excuse()
    {
        _judge.Became(new(1), Role.Follower, new(4), default);
        _judge.Destroyed(new(1), new(7));
        _judge.Destroyed(new(2), new(7));
        Assert.Null(Verdict());
        Assert.NotNull(_judge.Excuse);
    }

    [Fact]
    public void What_a_majority_had_flushed_counts_as_committed_though_nobody_knew()
    {
        _judge.Became(new(1), Role.Follower, new(4), default);
        _judge.Destroyed(new(1), new(8));
        _judge.Destroyed(new(2), new(8));
        Assert.Null(_judge.Excuse);
        _judge.Flushed(new(new(8), new(4), 0));
        Assert.NotNull(_judge.Excuse);
        Assert.Null(Verdict());
    }

    private string? Verdict(TimeSpan after = default)
    {
        _judge.Closing(TrueTime.Start + after);
        return _judge.Finding;
    }

    private void Reach(ulong index, ulong digest, params byte[] members)
    {
        foreach (var member in members)
        {
            _judge.Committed(new(member), new(index), new(4), 0);
            _judge.Applied(new(member), new AppliedEntry
            {
                Index = new(index),
                Term = new(4),
                Time = default,
                Command = new() { Kind = CommandKind.Open },
                Answer = ErrorCode.Ok,
                Zxid = default,
                Digest = new(digest),
            });
        }
    }
}
