using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Judges;
using static Quorate.Tests.Simulations.Judges.Requests;

namespace Quorate.Tests.Simulations.Judges;

public class SessionJudgeTests
{
    private readonly Stage _stage = new();

    [Fact]
    public void Ephemerals_that_come_and_go_with_their_session_are_owned()
    {
        var (a, b) = (_stage.Enter(1), _stage.Enter(2));
        a.Write(Create("/e", flags: 1));
        b.Read(Exists("/e"));
        _stage.Pass(Stage.TimeoutMilliseconds);
        _stage.Expire(a);
        b.Read(Exists("/e"));
        Assert.Null(_stage.Close());
    }

    [Fact]
    public void An_ephemeral_that_outlives_its_session_is_found()
    {
        var (a, b) = (_stage.Enter(1), _stage.Enter(2));
        a.Write(Create("/e", flags: 1));
        var alive = b.Read(Exists("/e"));
        _stage.Expire(a);
        b.Read(Exists("/e"), bend: _ => alive with { Zxid = _stage.Head });
        Assert.NotNull(_stage.Finding<EphemeralOwnership>());
    }

    [Fact]
    public void An_ephemeral_that_is_missing_while_its_session_is_open_is_found()
    {
        var (a, b) = (_stage.Enter(1), _stage.Enter(2));
        a.Write(Create("/e", flags: 1));
        b.Read(Exists("/e"), bend: answer => new(ErrorCode.NoNode, answer.Zxid));
        Assert.NotNull(_stage.Finding<EphemeralOwnership>());
    }

    [Fact]
    public void An_ephemeral_of_a_session_that_never_was_is_found()
    {
        var a = _stage.Enter(1);
        a.Write(Create("/e"));
        a.Read(Exists("/e"), bend: answer => answer with { Stat = answer.Stat!.Value with { EphemeralOwner = new(99) } });
        Assert.NotNull(_stage.Finding<EphemeralOwnership>());
    }

    [Fact]
    public void A_session_closed_before_its_owners_fence_is_found()
    {
        var a = _stage.Enter(1);
        a.Write(Create("/e", flags: 1));
        _stage.Pass(Stage.TimeoutMilliseconds - 10);
        _stage.Expire(a);
        Assert.NotNull(_stage.Finding<SessionExpiry>());
    }

    [Fact]
    public void A_session_is_dead_from_when_nobody_has_heard_of_it_for_its_timeout_until_it_is_closed()
    {
        var a = _stage.Enter(1);
        _stage.Jury.Expiry.Heard(a.Session);
        _stage.Pass(Stage.TimeoutMilliseconds);
        Assert.False(_stage.Jury.Expiry.AnyIsDead(_stage.Now));
        _stage.Pass();
        Assert.True(_stage.Jury.Expiry.AnyIsDead(_stage.Now));
        _stage.Expire(a);
        Assert.False(_stage.Jury.Expiry.AnyIsDead(_stage.Now));
    }

    [Fact]
    public void A_ping_confirmed_after_the_close_that_should_have_known_of_it_is_found()
    {
        var a = _stage.Enter(1);
        _stage.Pass(Stage.TimeoutMilliseconds - 100);
        var ping = a.Ask(new Request.Plain(OpCode.Ping));
        _stage.Pass(200);
        _stage.Expire(a);
        Assert.Null(_stage.Finding<SessionExpiry>());
        a.Return(ping, new(ErrorCode.Ok, _stage.Head));
        Assert.NotNull(_stage.Finding<SessionExpiry>());
    }

    [Fact]
    public void A_plain_read_confirms_nothing()
    {
        var a = _stage.Enter(1);
        _stage.Pass(Stage.TimeoutMilliseconds - 100);
        a.Read(Get("/"));
        _stage.Pass(200);
        _stage.Expire(a);
        Assert.Null(_stage.Close());
    }

    [Fact]
    public void A_shorter_timeout_moves_the_fence_when_its_owner_learns_of_it()
    {
        var a = _stage.Enter(1);
        a.Write(Create("/e", flags: 1));
        var asked = _stage.Pass();
        _stage.Append(CommandKind.Attach, a.Session);
        a.Connect(asked, timeout: 1000);
        _stage.Pass(1100);
        _stage.Expire(a);
        Assert.Null(_stage.Finding<SessionExpiry>());
    }

    [Fact]
    public void A_shorter_timeout_that_its_owner_has_not_learnt_of_closes_too_early()
    {
        var a = _stage.Enter(1);
        a.Write(Create("/e", flags: 1));
        _stage.Append(CommandKind.Attach, a.Session);
        _stage.Pass(1100);
        _stage.Expire(a);
        Assert.NotNull(_stage.Finding<SessionExpiry>());
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    public void A_session_whose_server_does_not_read_from_it_is_touched_in_time(int milliseconds, bool isFound)
    {
        var a = _stage.Enter(1);
        _stage.Pass(Stage.TimeoutMilliseconds);
        _stage.KeptSince = _stage.Now;
        _stage.Pass(1000 + milliseconds);
        _stage.Expire(a);
        Assert.Equal(isFound, _stage.Close() is not null);
        Assert.Equal(isFound, _stage.Finding<SessionExpiry>()?.Contains("a server has not read from its connection", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void A_session_that_its_owner_closes_need_not_be_kept()
    {
        var a = _stage.Enter(1);
        _stage.KeptSince = _stage.Now;
        _stage.Pass(Stage.TimeoutMilliseconds);
        a.Write(new Request.Plain(OpCode.CloseSession));
        Assert.Null(_stage.Close());
    }

    [Fact]
    public void A_silent_session_that_nobody_closes_is_found()
    {
        _stage.Enter(1);
        _stage.Pass((3 * Stage.TimeoutMilliseconds) + 2000);
        _stage.Close();
        Assert.NotNull(_stage.Finding<SessionExpiry>());
    }

    [Fact]
    public void Leaders_that_change_every_eight_tenths_of_a_timeout_have_to_close_a_silent_session()
    {
        _stage.Enter(1);
        LeadersFor(Stage.TimeoutMilliseconds * 8 / 10, times: 5);
        Assert.NotNull(_stage.Finding<SessionExpiry>());
    }

    [Fact]
    public void Leaders_that_go_too_soon_for_a_session_are_excused_from_closing_that_one_alone()
    {
        _stage.Enter(1, timeout: 2 * Stage.TimeoutMilliseconds);
        LeadersFor(Stage.TimeoutMilliseconds, times: 8);
        Assert.Null(_stage.Finding<SessionExpiry>());
        var other = _stage.Enter(2);
        LeadersFor(Stage.TimeoutMilliseconds, times: 4);
        Assert.Contains(other.Session.ToString(), _stage.Finding<SessionExpiry>(), StringComparison.Ordinal);
    }

    [Fact]
    public void While_no_majority_is_connected_nobody_can_close_a_session()
    {
        _stage.Enter(1);
        _stage.Pass(Stage.TimeoutMilliseconds);
        _stage.Jury.Expiry.Quorum(false);
        _stage.Pass(10 * Stage.TimeoutMilliseconds);
        _stage.Jury.Expiry.Quorum(true);
        _stage.Pass(2 * Stage.TimeoutMilliseconds);
        Assert.Null(_stage.Close());
    }

    private void LeadersFor(int milliseconds, int times)
    {
        for (; times > 0; times--)
        {
            _stage.Pass(milliseconds);
            _stage.Jury.Expiry.Succeeded(TimeSpan.FromMilliseconds(milliseconds));
        }
    }
}
