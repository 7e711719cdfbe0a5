using Quorate.Kernel.Wire;
using Quorate.Simulation.Judges;
using static Quorate.Tests.Simulations.Judges.Requests;

namespace Quorate.Tests.Simulations.Judges;

public class SeenOrderTests
{
    private readonly Stage _stage = new();

    [Fact]
    public void A_session_that_moves_to_a_member_that_is_not_behind_sees_time_run_on()
    {
        var a = _stage.Enter(1);
        a.Write(Create("/x"));
        a.Read(Get("/x"));
        a.Reconnect().Read(Get("/x"));
        Assert.Null(_stage.Close());
    }

    [Fact]
    public void A_session_that_sees_an_older_state_at_its_new_member_is_found()
    {
        var a = _stage.Enter(1);
        var before = _stage.Head;
        a.Write(Create("/x"));
        a.Reconnect().Read(Exists("/x"), before);
        Assert.NotNull(_stage.Finding<SeenOrder>());
    }

    [Fact]
    public void An_event_behind_a_reply_that_shows_the_change_is_found()
    {
        var (a, b) = (_stage.Enter(1), _stage.Enter(2));
        a.Read(Exists("/x", watch: true));
        b.Write(Create("/x"));
        a.Read(Sync());
        a.Hear(WatchEvent.NodeCreated, "/x");
        Assert.NotNull(_stage.Finding<SeenOrder>());
    }

    [Fact]
    public void A_reply_behind_an_event_that_is_newer_is_found()
    {
        var (a, b) = (_stage.Enter(1), _stage.Enter(2));
        a.Read(Exists("/x", watch: true));
        var before = _stage.Head;
        b.Write(Create("/x"));
        a.Hear(WatchEvent.NodeCreated, "/x");
        a.Read(Get("/"), before);
        Assert.NotNull(_stage.Finding<SeenOrder>());
    }
}
