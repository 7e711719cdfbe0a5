using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Recipes;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Recipes;

/// <summary>A place in a queue: how it is taken, waited for, won, and given up.</summary>
public sealed class ContestTests
{
    [Fact]
    public void Who_is_alone_wins_and_the_token_is_the_zxid_that_created_the_znode()
    {
        var stage = new Stage();
        Assert.Equal("Create /q/~lock-", stage.Said());
        Assert.Equal("GetData /q/~lock-0000000003; GetChildren /q", stage.Created("~lock-0000000003").Said());
        Assert.Equal("", stage.Read(czxid: 0x77).Said());
        Assert.False(stage.MayAct);
        Assert.Equal("Won 0x77", stage.Listed("~lock-0000000003", "something else").Said());
        Assert.True(stage.MayAct);
        Assert.Equal(stage.FenceAt, stage.Contest.DueAt(stage.FenceAt));
    }

    [Fact]
    public void The_guard_checks_the_znode_that_won_whatever_its_version_and_outlives_the_contest()
    {
        var stage = new Stage();
        Assert.Null(stage.Contest.Guard);
        stage.Created("~lock-0000000003").Read(0x77).Listed("~lock-0000000003");
        var guard = stage.Contest.Guard!;
        var own = $"{Stage.Queue}/{System.Text.Encoding.UTF8.GetString(stage.Contest.Name)}";
        stage.Become(SessionState.Expired);
        Assert.True(stage.Contest.IsOver);
        var arena = new Arena();
        guard.Begin(new(arena));
        var reader = new JuteReader(arena.Written);
        Assert.Equal(new(OpCode.Check, Done: false, (ErrorCode)(-1)), MultiHeader.Read(ref reader));
        Assert.Equal((own, -1), (System.Text.Encoding.UTF8.GetString(reader.NonNull()), reader.Int()));
        Assert.Equal((0, false), (reader.Rest.Length, reader.Failed));
    }

    [Fact]
    public void A_path_that_is_missing_is_made_of_containers()
    {
        var stage = new Stage(path: "/a/b/c");
        stage.Said();
        Assert.Equal(
            "CreateContainer /a; CreateContainer /a/b; CreateContainer /a/b/c; Create /a/b/c/~lock-",
            stage.Answer(OpCode.Create, ErrorCode.NoNode).Said());
    }

    [Fact]
    public void A_path_that_cannot_be_made_is_told_of_by_the_first_error()
    {
        var stage = new Stage(path: "/a/b");
        stage.Answer(OpCode.Create, ErrorCode.NoNode).Said();
        stage.Answer(OpCode.CreateContainer, ErrorCode.NoAuth).Answer(OpCode.CreateContainer, ErrorCode.NoNode);
        Assert.Equal("Ended Refused NoAuth; Left", stage.Answer(OpCode.Create, ErrorCode.NoNode).Said());
        Assert.True(stage.Contest.IsOver);
    }

    [Fact]
    public void Whoever_waits_watches_its_predecessor_and_nobody_else()
    {
        var stage = new Stage();
        stage.Created("~lock-0000000009").Read(0x77).Said();
        Assert.Equal("GetData /q/c-lock-0000000008",
            stage.Listed("c-lock-0000000008", "a-lock-0000000006", "~lock-0000000009", "d-lock-0000000010").Said());
        stage.Read(0x70, owner: 4);
        Assert.Equal("", stage.Event("a-lock-0000000006").Said());
        Assert.Equal("GetChildren /q", stage.Event("c-lock-0000000008").Said());
        Assert.Equal("GetData /q/a-lock-0000000006", stage.Listed("a-lock-0000000006", "~lock-0000000009").Said());
        Assert.Equal("GetChildren /q", stage.Answer(OpCode.GetData, ErrorCode.NoNode).Said());
        Assert.Equal("Won 0x77", stage.Listed("~lock-0000000009").Said());
    }

    [Fact]
    public void A_predecessor_whose_data_change_is_watched_again()
    {
        var stage = Stage.Waiting();
        Assert.Equal("GetData /q/other-lock-0000000002", stage.Event("other-lock-0000000002", WatchEvent.NodeDataChanged).Said());
        Assert.Equal("", stage.Read(0x66, owner: 5).Said());
    }

    [Fact]
    public void A_list_is_asked_for_again_if_the_queue_changed_while_it_was_on_its_way()
    {
        var stage = new Stage();
        stage.Created("~lock-0000000003").Read(0x77).Listed("other-lock-0000000002", "~lock-0000000003").Said();
        stage.Event("other-lock-0000000002").Event("other-lock-0000000002");   // told twice, and before the read is answered
        Assert.Equal("GetChildren /q", stage.Said());
        stage.Event("other-lock-0000000002");
        Assert.Equal("GetChildren /q", stage.Listed("other-lock-0000000002", "~lock-0000000003").Said());
        stage.Read(0x66, owner: 5);   // the answer to a read of long ago
        Assert.Equal("Won 0x77", stage.Listed("~lock-0000000003").Said());
    }

    [Fact]
    public void A_znode_whose_create_was_not_answered_is_found_by_its_name_and_not_made_twice()
    {
        var stage = new Stage();
        stage.Said();
        Assert.Equal("Sync /q; GetChildren /q", stage.Break().Said());
        stage.Become(SessionState.Connected).Answer(OpCode.Sync);
        Assert.Equal("GetData /q/~lock-0000000004; GetChildren /q", stage.Listed("other-lock-0000000003", "~lock-0000000004").Said());
    }

    [Fact]
    public void A_create_that_came_to_nothing_is_repeated()
    {
        var stage = new Stage();
        stage.Break().Become(SessionState.Connected).Answer(OpCode.Sync).Said();
        Assert.Equal("Create /q/~lock-", stage.Listed("other-lock-0000000003").Said());
        stage.Break().Said();
        Assert.Equal("Sync /q; GetChildren /q", stage.Break().Said());   // the search itself may be lost
        Assert.Equal("Create /q/~lock-", stage.Answer(OpCode.Sync).Answer(OpCode.GetChildren, ErrorCode.NoNode).Said());
        Assert.Equal("Create /q/~lock-", stage.Done(OpCode.Create, Fate.Lost, ErrorCode.ConnectionLoss).Said());
    }

    [Fact]
    public void A_znode_of_another_session_is_not_adopted_whatever_its_name()
    {
        var stage = new Stage();
        stage.Created("~lock-0000000003").Listed("~lock-0000000003").Said();
        Assert.Equal("Create /q/~lock-", stage.Read(0x66, owner: 0x50).Said());
        Assert.False(stage.MayAct);
        Assert.Equal("GetData /q/~lock-0000000004; GetChildren /q", stage.Created("~lock-0000000004").Said());
    }

    [Fact]
    public void Numbers_are_compared_the_short_way_round_when_the_counter_wraps()
    {
        var stage = new Stage();
        stage.Created("~lock--2147483647").Read(0x77).Said();
        stage.Listed("old-lock-2147483646", "~lock--2147483647", "next-lock--2147483646", "last-lock--2147483648");
        Assert.Equal("GetData /q/last-lock--2147483648", stage.Said());
        stage.Answer(OpCode.GetData, ErrorCode.NoNode).Said();
        Assert.Equal(
            "GetData /q/old-lock-2147483646", stage.Listed("old-lock-2147483646", "~lock--2147483647", "next-lock--2147483646").Said());
    }

    [Fact]
    public void A_place_that_somebody_deletes_is_taken_anew_at_the_end()
    {
        var stage = Stage.Waiting();
        Assert.Equal("Create /q/~lock-", stage.Event("~lock-0000000003").Said());
        stage.Event("other-lock-0000000002");   // of no interest any more
        Assert.Equal("GetData /q/~lock-0000000007; GetChildren /q", stage.Created("~lock-0000000007").Said());
        Assert.Equal("Create /q/~lock-", stage.Listed("other-lock-0000000002").Said());   // gone once more, before the event told
    }

    [Fact]
    public void Who_is_in_office_loses_it_when_somebody_deletes_the_znode()
    {
        var stage = Stage.InOffice();
        Assert.Equal("Ended Deleted; Left", stage.Event("~lock-0000000003").Said());
        Assert.False(stage.MayAct);
        Assert.True(stage.Contest.IsOver);
    }

    [Fact]
    public void The_own_znode_is_watched_again_after_each_change()
    {
        var stage = Stage.InOffice();
        Assert.Equal("GetData /q/~lock-0000000003", stage.Event("~lock-0000000003", WatchEvent.NodeDataChanged).Said());
        Assert.True(stage.MayAct);
        Assert.Equal("Ended Deleted; Left", stage.Answer(OpCode.GetData, ErrorCode.NoNode).Said());
    }

    [Fact]
    public void A_lost_connection_does_not_depose_and_coming_back_in_time_keeps_office()
    {
        var stage = Stage.InOffice();
        stage.Break().Advance(9.9);
        Assert.True(stage.MayAct);
        stage.FenceAt = Stage.At(120);
        stage.Become(SessionState.Connected).Advance(5);
        Assert.True(stage.MayAct);
        Assert.Equal("", stage.Said());
    }

    [Fact]
    public void Reaching_the_fence_deposes_for_good_before_anything_is_sent()
    {
        var stage = Stage.InOffice();
        stage.Break();
        Assert.Equal("Ended Fenced; Delete /q/~lock-0000000003", stage.Advance(10).Said());
        Assert.False(stage.MayAct);
        stage.FenceAt = Stage.At(130);
        stage.Become(SessionState.Connected);
        Assert.False(stage.MayAct);
        Assert.Equal("Left", stage.Answer(OpCode.Delete).Said());
    }

    [Fact]
    public void What_is_given_up_may_not_be_acted_on_when_the_delete_is_sent()
    {
        var stage = Stage.InOffice();
        Assert.Equal("Ended Released; Delete /q/~lock-0000000003", stage.Leave().Said());
        Assert.False(stage.MayAct);
        Assert.Equal("Left", stage.Answer(OpCode.Delete).Said());
    }

    [Fact]
    public void A_release_is_repeated_until_the_znode_is_known_to_be_gone()
    {
        var stage = Stage.InOffice();
        stage.Leave().Said();
        Assert.Equal("Delete /q/~lock-0000000003", stage.Break().Said());
        Assert.Equal("Delete /q/~lock-0000000003", stage.Break().Said());
        stage.Become(SessionState.Connected);
        Assert.Equal("Left", stage.Answer(OpCode.Delete, ErrorCode.NoNode).Said());
    }

    [Fact]
    public void A_release_that_is_throttled_waits_a_moment()
    {
        var stage = Stage.InOffice();
        stage.Leave().Said();
        stage.Done(OpCode.Delete, Fate.Lost, ErrorCode.ThrottledOp);
        Assert.Equal("", stage.Said());
        Assert.True(stage.Contest.DueAt(stage.FenceAt) < stage.FenceAt);
        Assert.Equal("Delete /q/~lock-0000000003", stage.Advance(0.2).Said());
        Assert.Equal("Left NoAuth", stage.Answer(OpCode.Delete, ErrorCode.NoAuth).Said());
    }

    [Fact]
    public void Who_leaves_before_the_create_is_answered_deletes_what_it_made()
    {
        var stage = new Stage();
        stage.Said();
        Assert.Equal("Ended Released", stage.Leave().Said());
        Assert.Equal("Delete /q/~lock-0000000003", stage.Created("~lock-0000000003").Said());
    }

    [Fact]
    public void Who_leaves_without_knowing_whether_it_has_a_znode_looks()
    {
        var stage = new Stage();
        stage.Leave().Said();
        Assert.Equal("Sync /q; GetChildren /q", stage.Break().Said());
        stage.Become(SessionState.Connected).Answer(OpCode.Sync);
        Assert.Equal("Delete /q/~lock-0000000004", stage.Listed("~lock-0000000004").Said());

        stage = new Stage();
        stage.Leave().Break().Become(SessionState.Connected).Answer(OpCode.Sync).Said();
        Assert.Equal("Left", stage.Listed().Said());
    }

    [Fact]
    public void Too_much_to_do_costs_nobody_the_place_in_the_queue()
    {
        var stage = new Stage();
        stage.Said();
        Assert.Equal("", stage.Done(OpCode.Create, Fate.Lost, ErrorCode.ThrottledOp).Said());
        Assert.Equal(Stage.At(100.1), stage.Contest.DueAt(stage.FenceAt));
        Assert.Equal("", stage.Advance(0.09).Said());
        Assert.Equal("Create /q/~lock-", stage.Advance(0.01).Said());
        stage.Created("~lock-0000000003").Said();
        Assert.Equal("", stage.Done(OpCode.GetData, Fate.Lost, ErrorCode.ThrottledOp).Listed("other-lock-0000000002", "~lock-0000000003").Said());
        Assert.Equal("GetData /q/~lock-0000000003", stage.Advance(0.1).Said());
        Assert.EndsWith("other-lock-0000000002", stage.Read(0x77).Said(), StringComparison.Ordinal);
        stage.Answer(OpCode.GetData, ErrorCode.ThrottledOp).Said();
        stage.Advance(0.1);
        Assert.StartsWith("GetData", stage.Said(), StringComparison.Ordinal);
    }

    [Fact]
    public void Too_much_to_do_costs_nobody_what_is_held()
    {
        var stage = Stage.InOffice();
        stage.Event("~lock-0000000003", WatchEvent.NodeDataChanged);
        Assert.Equal("GetData /q/~lock-0000000003", stage.Said());
        Assert.Equal("", stage.Done(OpCode.GetData, Fate.Lost, ErrorCode.ThrottledOp).Said());
        Assert.True(stage.MayAct);
        Assert.Equal("GetData /q/~lock-0000000003", stage.Advance(0.1).Said());
        Assert.Equal(stage.FenceAt, stage.Read(0x77).Contest.DueAt(stage.FenceAt));
    }

    [Fact]
    public void Patience_ends_at_its_instant_and_not_after_the_turn_has_come()
    {
        var stage = Stage.Waiting(waitUntil: Stage.At(103));
        Assert.Equal(Stage.At(103), stage.Contest.DueAt(stage.FenceAt));
        Assert.Equal("", stage.Advance(2.9).Said());
        Assert.Equal("Ended TimedOut; Delete /q/~lock-0000000003", stage.Advance(0.1).Said());

        stage = Stage.Waiting(waitUntil: Stage.At(103));
        stage.Event("other-lock-0000000002").Listed("~lock-0000000003").Said();
        Assert.Equal("", stage.Advance(5).Said());
        Assert.True(stage.MayAct);
    }

    [Fact]
    public void A_turn_that_comes_when_the_session_may_be_over_is_taken_only_when_it_is_known_to_live()
    {
        var stage = Stage.Waiting();
        stage.Event("other-lock-0000000002").Advance(10).Said();
        Assert.Equal("", stage.Listed("~lock-0000000003").Said());
        Assert.False(stage.MayAct);
        stage.FenceAt = Stage.At(120);
        Assert.Equal("GetData /q/~lock-0000000003", stage.Tick().Said());
        Assert.False(stage.MayAct);
        Assert.Equal("Won 0x77", stage.Read(0x77).Said());
    }

    [Theory]
    [InlineData(SessionState.Expired)]
    [InlineData(SessionState.Closed)]
    [InlineData(SessionState.AuthFailed)]
    public void With_the_session_everything_ends_and_nothing_is_asked(SessionState state)
    {
        Assert.Equal("Ended SessionOver; Left", Stage.InOffice().Become(state).Said());
        Assert.Equal("Ended SessionOver; Left", Stage.Waiting().Become(state).Said());
        Assert.Equal("Left", ToldOfTheEnd(Stage.InOffice().Leave()).Become(state).Said());
        Assert.Equal("Ended SessionOver; Left", ToldOfTheEnd(new Stage()).Done(OpCode.Create, Fate.Lost, ErrorCode.SessionExpired).Said());
    }

    [Fact]
    public void What_the_service_refuses_ends_the_wait_and_says_why()
    {
        var stage = new Stage();
        stage.Said();
        Assert.Equal("Ended Refused QuotaExceeded; Left", stage.Answer(OpCode.Create, ErrorCode.QuotaExceeded).Said());

        stage = new Stage();
        stage.Created("~lock-0000000003").Said();
        Assert.Equal("Ended Refused NoAuth; Delete /q/~lock-0000000003", stage.Answer(OpCode.GetChildren, ErrorCode.NoAuth).Said());
    }

    private static Stage ToldOfTheEnd(Stage stage)
    {
        stage.Said();
        return stage;
    }
}
