using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Judges;
using static Quorate.Tests.Simulations.Judges.Requests;

namespace Quorate.Tests.Simulations.Judges;

public class DurabilityTests
{
    private readonly Stage _stage = new();

    [Fact]
    public void What_is_acknowledged_as_it_was_applied_is_durable()
    {
        var a = _stage.Enter(1);
        a.Write(Create("/x"));
        a.Write(Create("/x"));
        Assert.Null(_stage.Finding<Durability>());
    }

    [Fact]
    public void An_acknowledged_write_that_no_entry_holds_is_found()
    {
        var a = _stage.Enter(1);
        a.Return(a.Ask(Create("/x")), new(ErrorCode.Ok, new(_stage.Head.Value + 1)));
        Assert.NotNull(_stage.Finding<Durability>());
    }

    [Fact]
    public void A_write_acknowledged_under_the_zxid_of_another_is_found()
    {
        var (a, b) = (_stage.Enter(1), _stage.Enter(2));
        b.Write(Create("/y"));
        a.Return(a.Ask(Create("/x")), new(ErrorCode.Ok, _stage.Head));
        Assert.NotNull(_stage.Finding<Durability>());
    }

    [Fact]
    public void A_write_whose_data_were_changed_on_the_way_is_found()
    {
        var a = _stage.Enter(1);
        var asked = a.Ask(Create("/x", "1"));
        var entry = _stage.Append(CommandKind.Write, a.Session, 1, 1, Create("/x", "2"));
        a.Return(asked, entry.Expected!);
        Assert.NotNull(_stage.Finding<Durability>());
    }

    [Fact]
    public void A_refused_write_acknowledged_as_done_is_found()
    {
        var a = _stage.Enter(1);
        a.Write(Create("/x"));
        a.Write(Create("/x"), answer => new(ErrorCode.Ok, answer.Zxid));
        Assert.NotNull(_stage.Finding<Durability>());
    }

    [Fact]
    public void Members_that_apply_different_entries_at_one_index_are_found()
    {
        var canon = new Canon();
        Apply(canon, member: 1, term: 1);
        Apply(canon, member: 2, term: 1);
        Assert.Null(canon.Finding);
        Apply(canon, member: 3, term: 2);
        Assert.NotNull(canon.Finding);
    }

    [Fact]
    public void An_entry_beyond_the_first_that_nobody_has_applied_is_found()
    {
        var canon = new Canon();
        Apply(canon, member: 1, term: 1, index: 2);
        Assert.NotNull(canon.Finding);
    }

    private static void Apply(Canon canon, byte member, uint term, ulong index = 1) => canon.Applied(new(member), new AppliedEntry
    {
        Index = new(index),
        Term = new(term),
        Time = default,
        Command = new() { Kind = CommandKind.Open },
        Answer = ErrorCode.Ok,
        Zxid = new(new Term(term), 0),
        Digest = default,
    });
}
