using Quorate.Simulation.Judges;
using static Quorate.Tests.Simulations.Judges.Requests;

namespace Quorate.Tests.Simulations.Judges;

public class SessionOrderTests
{
    private readonly Stage _stage = new();

    [Fact]
    public void Unknown_writes_may_have_taken_effect_as_far_as_the_connection_carried_them()
    {
        var a = _stage.Enter(1);
        a.Write(Create("/x"));
        var (first, second, third) = (a.Ask(Set("/x", "1")), a.Ask(Set("/x", "2")), a.Ask(Set("/x", "3")));
        a.Apply(first);
        a.Apply(second);
        a.Reconnect(2, first, second, third).Write(Set("/x", "4"));
        Assert.Null(_stage.Close());
    }

    [Fact]
    public void A_write_applied_again_on_the_next_attachment_is_found()
    {
        var a = _stage.Enter(1);
        a.Write(Create("/x"));
        var lost = a.Ask(Set("/x", "1"));
        a.Apply(lost);
        a.Reconnect(2, lost);
        a.Apply(lost);                       // numbered anew (A4)
        var next = a.Ask(Set("/x", "2"));
        a.Return(next, a.Apply(next).Expected!);
        Assert.NotNull(_stage.Finding<SessionOrder>());
    }

    [Fact]
    public void A_write_applied_again_without_anything_behind_it_is_found_when_the_run_ends()
    {
        var a = _stage.Enter(1);
        var lost = a.Ask(Create("/x"));
        a.Apply(lost);
        a.Reconnect(2, lost);
        a.Apply(lost);
        _stage.Close();
        Assert.NotNull(_stage.Finding<SessionOrder>());
    }

    [Fact]
    public void Writes_that_overtake_each_other_are_found()
    {
        var a = _stage.Enter(1);
        var (first, second) = (a.Ask(Create("/x")), a.Ask(Create("/y")));
        var (early, late) = (a.Apply(second).Expected!, a.Apply(first).Expected!);
        a.Return(first, late);
        a.Return(second, early);
        Assert.NotNull(_stage.Finding<SessionOrder>());
    }

    [Fact]
    public void A_write_that_takes_effect_though_the_one_before_was_left_out_is_found()
    {
        var a = _stage.Enter(1);
        var (first, second) = (a.Ask(Create("/x")), a.Ask(Create("/y")));
        a.Apply(second);
        a.Reconnect(2, first, second);
        _stage.Close();
        Assert.NotNull(_stage.Finding<SessionOrder>());
    }

    [Fact]
    public void A_write_that_no_client_sent_is_found()
    {
        var a = _stage.Enter(1);
        a.Write(Create("/x"));
        _stage.Append(Kernel.Machines.CommandKind.Write, a.Session, 1, 2, Create("/z"));
        _stage.Close();
        Assert.NotNull(_stage.Finding<SessionOrder>());
    }

    [Fact]
    public void Equal_writes_on_several_connections_are_told_apart_by_what_is_acknowledged()
    {
        var a = _stage.Enter(1);
        a.Write(Create("/x"));
        var lost = a.Ask(Delete("/y"));                    // never arrives
        a.Reconnect(2, lost);
        var lostToo = a.Ask(Delete("/y"));
        a.Apply(lostToo);
        a.Reconnect(3, lostToo).Write(Delete("/y"));
        Assert.Null(_stage.Close());
    }
}
