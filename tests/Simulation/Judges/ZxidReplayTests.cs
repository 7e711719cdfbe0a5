using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Judges;
using static Quorate.Tests.Simulations.Judges.Requests;

namespace Quorate.Tests.Simulations.Judges;

public class ZxidReplayTests
{
    private readonly Stage _stage = new();

    [Fact]
    public void Lagging_members_and_refused_writes_are_well_within_the_promise()
    {
        var (a, b) = (_stage.Enter(1), _stage.Enter(2));
        var created = a.Write(Create("/x", "1"));
        a.Write(Create("/x"));
        a.Write(Set("/x", "2", version: 9));
        a.Write(Set("/x", "2"));
        b.Read(Get("/x"), created.Zxid);   // the follower is behind, and says so
        b.Read(Sync());
        b.Read(Get("/x"));
        a.Write(Delete("/x"));
        b.Read(Exists("/x"));
        Assert.Null(_stage.Close());
    }

    [Fact]
    public void A_read_that_shows_other_data_than_its_zxid_has_is_found()
    {
        var a = _stage.Enter(1);
        var created = a.Write(Create("/x", "1"));
        a.Write(Set("/x", "2"));
        a.Read(Get("/x"), bend: _ => _stage.Truth(Get("/x"), created.Zxid, a.Session) with { Zxid = _stage.Head });
        Assert.NotNull(_stage.Finding<ZxidReplay>());
    }

    [Fact]
    public void A_list_without_a_child_is_found()
    {
        var a = _stage.Enter(1);
        a.Write(Create("/x"));
        a.Write(Create("/x/c"));
        a.Read(Children("/x"), bend: answer => answer with { Names = [] });
        Assert.NotNull(_stage.Finding<ZxidReplay>());
    }

    [Fact]
    public void A_write_answered_otherwise_than_the_state_before_it_demands_is_found()
    {
        var a = _stage.Enter(1);
        a.Write(Create("/x"));
        a.Write(Set("/x", "1"), answer => answer with { Stat = answer.Stat!.Value with { Version = 7 } });
        Assert.NotNull(_stage.Finding<ZxidReplay>());
    }

    [Fact]
    public void A_zxid_that_nobody_has_taken_is_found()
    {
        var a = _stage.Enter(1);
        a.Read(Get("/"), bend: answer => answer with { Zxid = new(_stage.Head.Value + 1) });
        Assert.NotNull(_stage.Finding<ZxidReplay>());
    }

    [Fact]
    public void A_sync_that_falls_behind_what_was_seen_before_it_was_called_is_found()
    {
        var (a, b) = (_stage.Enter(1), _stage.Enter(2));
        var before = _stage.Head;
        a.Write(Create("/x"));
        b.Read(Sync(), before);
        Assert.NotNull(_stage.Finding<ZxidReplay>());
    }

    [Fact]
    public void A_sync_called_before_the_write_returned_may_be_behind_it()
    {
        var (a, b) = (_stage.Enter(1), _stage.Enter(2));
        var before = _stage.Head;
        var sync = b.Ask(Sync());
        a.Write(Create("/x"));
        b.Return(sync, _stage.Truth(Sync(), before, b.Session));
        Assert.Null(_stage.Close());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_stale_read_is_found_where_reads_are_linearizable(bool linearizable)
    {
        var stage = new Stage(linearizable);
        var (a, b) = (stage.Enter(1), stage.Enter(2));
        var before = stage.Head;
        a.Write(Create("/x"));
        b.Read(Get("/x"), before);
        Assert.Equal(linearizable, stage.Finding<ZxidReplay>() is not null);
    }

    [Fact]
    public void A_write_with_a_zxid_that_was_seen_before_it_was_called_is_found()
    {
        var (a, b) = (_stage.Enter(1), _stage.Enter(2));
        var early = a.Ask(Create("/x"));
        a.Apply(early);
        b.Read(Exists("/x"));
        a.Return(a.Ask(Create("/x")), new Quorate.Simulation.Histories.Answer(ErrorCode.Ok, _stage.Head));
        Assert.NotNull(_stage.Finding<ZxidReplay>());
    }

    [Fact]
    public void An_entry_that_the_log_answers_otherwise_than_the_model_is_found_without_any_client()
    {
        var a = _stage.Enter(1);
        a.Write(Create("/x"));
        _stage.Append(CommandKind.Write, a.Session, 1, 2, Create("/x"), answered: ErrorCode.Ok);
        Assert.NotNull(_stage.Finding<ZxidReplay>());
    }

    [Fact]
    public void An_entry_answered_out_of_its_turn_is_found()
    {
        var a = _stage.Enter(1);
        _stage.Append(CommandKind.Write, a.Session, 1, 5, Create("/x"), answered: ErrorCode.Ok);
        Assert.NotNull(_stage.Finding<ZxidReplay>());
    }
}
