using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;
using static Quorate.Tests.Simulations.Judges.Requests;

namespace Quorate.Tests.Simulations.Judges;

public class WingGongTests
{
    private readonly WingGong _judge = new(readsAreLinearizable: true);
    private readonly History _history;

    public WingGongTests() => _history = new(_judge);

    [Fact]
    public void Operations_that_overlap_may_take_effect_either_way()
    {
        Done(1, Create("/isle", "0"), Ok());
        var (set, get) = (Ask(1, Set("/isle", "1")), Ask(2, Get("/isle")));
        Return(get, Data("1", 1));
        Return(set, Version(1, 1));
        Assert.Null(Verdict());
        Assert.Equal((1, 0), _judge.Count);
    }

    [Fact]
    public void A_read_that_misses_a_write_that_had_returned_is_found()
    {
        Done(1, Create("/isle", "0"), Ok());
        Done(1, Set("/isle", "1"), Version(1, 1));
        Done(2, Get("/isle"), Data("0", 0));
        Assert.NotNull(Verdict());
    }

    [Fact]
    public void Two_reads_that_see_a_write_come_and_go_are_found()
    {
        Done(1, Create("/isle", "0"), Ok());
        var set = Ask(1, Set("/isle", "1"));
        Done(2, Get("/isle"), Data("1", 1));
        Done(2, Get("/isle"), Data("0", 0));
        Return(set, Version(1, 1));
        Assert.NotNull(Verdict());
    }

    [Fact]
    public void Two_conditional_writes_that_both_succeed_are_found()
    {
        Done(1, Create("/isle", "0"), Ok());
        var (one, two) = (Ask(1, Set("/isle", "1", version: 0)), Ask(2, Set("/isle", "2", version: 0)));
        Return(one, Version(1, 1));
        Return(two, Version(1, 1));
        Assert.NotNull(Verdict());
    }

    [Fact]
    public void An_unknown_write_may_show_late_or_never()
    {
        Done(1, Create("/isle", "0"), Ok());
        var (shows, never) = (Ask(1, Set("/isle", "1", version: 0)), Ask(2, Set("/isle", "2", version: 0)));
        _history.Lose(default, shows);
        _history.Lose(default, never);
        Done(3, Get("/isle"), Data("0", 0));
        Done(3, Get("/isle"), Data("1", 1));
        Assert.Null(Verdict());
    }

    [Fact]
    public void An_unknown_write_does_not_show_before_it_was_called()
    {
        Done(1, Create("/isle", "0"), Ok());
        Done(3, Get("/isle"), Data("1", 1));
        _history.Lose(default, Ask(1, Set("/isle", "1")));
        Assert.NotNull(Verdict());
    }

    [Fact]
    public void A_write_that_was_never_sent_does_not_show_at_all()
    {
        Done(1, Create("/isle", "0"), Ok());
        _history.Lose(default, _history.Call(default, 1, Set("/isle", "1")));
        Done(3, Get("/isle"), Data("1", 1));
        Assert.NotNull(Verdict());
    }

    [Fact]
    public void Sequential_names_and_transactions_are_part_of_the_specification()
    {
        Done(1, new Request.Multi([Create("/isle"), Create("/isle/c-", flags: 2)]), new(ErrorCode.Ok, default)
        {
            Parts = [new(ErrorCode.Ok, default) { Path = "/isle" }, new(ErrorCode.Ok, default) { Path = "/isle/c-0000000000" }],
        });
        Done(2, new Request.Multi([Delete("/isle/c-0000000000"), Delete("/isle/none")]), new(ErrorCode.Ok, default)
        {
            Parts = [new(ErrorCode.Ok, default), new(ErrorCode.NoNode, default)],
        });
        Done(2, Children("/isle"), new(ErrorCode.Ok, default) { Names = ["c-0000000000"] });
        Done(2, Create("/isle/c-", flags: 2), new(ErrorCode.Ok, default) { Path = "/isle/c-0000000000" });
        Assert.NotNull(Verdict());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Plain_reads_count_only_behind_a_sync(bool synced)
    {
        var judge = new WingGong();
        var history = new History(judge);
        Play(history, 1, Create("/isle", "0"), Ok());
        Play(history, 1, Set("/isle", "1"), Version(1, 1));
        if (synced)
            Play(history, 2, Sync(), Ok());
        Play(history, 2, Get("/isle"), Data("0", 0));
        judge.Closing(TrueTime.Start);
        Assert.Equal(synced, judge.Finding is not null);
    }

    [Fact]
    public void Islands_that_an_operation_crosses_are_left_out()
    {
        Done(1, new Request.Multi([Create("/isle1"), Create("/isle2")]), Ok());
        Done(1, Get("/isle1"), Data("9", 9));
        Assert.Null(Verdict());
        Assert.Equal((0, 0), _judge.Count);
    }

    [Fact]
    public void Whatever_one_copy_answers_in_some_order_between_call_and_return_is_explained() =>
        Gen.Select(Gen.ULong, Gen.Int[5, 60]).Sample((seed, count) =>
        {
            var (judge, finding) = Random(seed, count, lie: false);
            Assert.Null(finding);
            Assert.Equal((1, 0), judge.Count);
        });

    [Fact]
    public void A_single_wrong_version_is_seldom_explained()
    {
        var found = 0;
        for (ulong seed = 1; seed <= 50; seed++)
            found += Random(seed, 40, lie: true).Finding is null ? 0 : 1;
        Assert.True(found >= 45, $"found {found} of 50");
    }

    /// <summary>Clients overlap at random; each operation takes effect somewhere between its call and its return, some without an answer.</summary>
    private static (WingGong Judge, string? Finding) Random(ulong seed, int count, bool lie)
    {
        var dice = new Dice(seed);
        int Below(int bound) => (int)dice.Below((ulong)bound);
        var judge = new WingGong(readsAreLinearizable: true);
        var history = new History(judge);
        var model = IslandModel.Empty;
        var open = new Operation?[4];
        var answers = new Answer?[4];
        Assert.True(model.TryStep(Create("/isle"), null, out model));
        Play(history, 9, Create("/isle"), Ok());
        for (var (i, lied) = (0, !lie); i < count * 3; i++)
        {
            var client = Below(open.Length);
            if (open[client] is not { } operation)
            {
                Request request = Below(3) switch
                {
                    0 => Set("/isle", $"{i}", Below(3) == 0 ? Below(5) : -1),
                    1 => Get("/isle"),
                    _ => Children("/isle"),
                };
                (open[client], answers[client]) = (history.Call(default, client, request), null);
                history.Send(default, open[client]!, new(1), 1, new(1));
            }
            else if (answers[client] is null)
                answers[client] = model.Answer(operation.Request, out model);
            else
            {
                open[client] = null;
                if (Below(10) == 0)
                    history.Lose(default, operation);
                else
                {
                    var lies = !lied && i > count && answers[client]!.Stat is not null;
                    history.Return(default, operation, lies ? Bent(answers[client]!) : answers[client]!);
                    lied |= lies;
                }
            }
        }
        judge.Closing(TrueTime.Start);
        return (judge, judge.Finding);
    }

    private static Answer Bent(Answer answer) => answer with { Stat = answer.Stat!.Value with { Version = answer.Stat.Value.Version + 1 } };

    private static Answer Ok() => new(ErrorCode.Ok, default);

    private static Answer Version(int version, int length) => Ok() with { Stat = StatOf(version, length) };

    private static Answer Data(string data, int version) =>
        Ok() with { Data = System.Text.Encoding.ASCII.GetBytes(data), Stat = StatOf(version, data.Length) };

    private static Stat StatOf(int version, int length) => default(Stat) with { Version = version, DataLength = length };

    private static void Play(History history, int client, Request request, Answer answer)
    {
        var operation = history.Call(default, client, request);
        history.Send(default, operation, new(1), 1, new(1));
        history.Return(default, operation, answer);
    }

    private Operation Ask(int client, Request request)
    {
        var operation = _history.Call(default, client, request);
        _history.Send(default, operation, new(1), 1, new(1));
        return operation;
    }

    private void Return(Operation operation, Answer answer) => _history.Return(default, operation, answer);

    private void Done(int client, Request request, Answer answer) => Play(_history, client, request, answer);

    private string? Verdict()
    {
        _judge.Closing(TrueTime.Start);
        return _judge.Finding;
    }
}
