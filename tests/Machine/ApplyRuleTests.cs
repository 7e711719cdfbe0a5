using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Trees;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Machines;

/// <summary>Design §6.2: an entry has its turn if its number is the next one, and only then.</summary>
public class ApplyRuleTests
{
    private readonly MachineDriver _driver = new();

    [Fact]
    public void A_write_is_applied_once_however_often_it_reaches_the_log()
    {
        var session = _driver.OpenSession();
        var first = _driver.Create(session, 1, "/a");
        var again = _driver.Create(session, 1, "/a");
        Assert.Equal((Verdict.Applied, ErrorCode.Ok), (first.Verdict, first.Error));
        Assert.Equal(Verdict.Duplicate, again.Verdict);
        Assert.Equal(first.Zxid, _driver.Machine.Zxid);
    }

    [Fact]
    public void A_write_that_overtook_another_is_skipped_without_a_zxid()
    {
        var session = _driver.OpenSession();
        var before = _driver.Machine.Zxid;
        Assert.Equal(Verdict.Gap, _driver.Create(session, 2, "/b").Verdict);
        Assert.Equal(before, _driver.Machine.Zxid);
        Assert.Equal(Tree.None, _driver.Machine.Tree.Find("/b"u8));
    }

    [Fact]
    public void A_refused_write_counts_as_applied()
    {
        var session = _driver.OpenSession();
        Assert.Equal(ErrorCode.NoNode, _driver.Create(session, 1, "/none/a").Error);
        Assert.Equal(ErrorCode.Ok, _driver.Create(session, 2, "/a").Error);
    }

    [Fact]
    public void C2_a_write_of_an_older_attachment_is_refused_as_moved_and_takes_a_zxid()
    {
        var session = _driver.OpenSession();
        Assert.Equal(2u, _driver.Own(CommandKind.Attach, session, default).Attachment);
        var before = _driver.Machine.Zxid;
        Assert.Equal(ErrorCode.SessionMoved, _driver.Create(session, 1, "/a").Error);
        Assert.Equal(before.Counter + 1, _driver.Machine.Zxid.Counter);
        Assert.Equal(ErrorCode.Ok, _driver.Create(session, 1, "/a", attachment: 2).Error);
    }

    [Fact]
    public void A_write_of_a_session_that_is_gone_is_refused_as_expired()
    {
        var session = _driver.OpenSession();
        _driver.Apply(new() { Kind = CommandKind.ExpireSession, Session = session });
        Assert.Equal(ErrorCode.SessionExpired, _driver.Create(session, 1, "/a").Error);
    }

    [Fact]
    public void A4_a_session_is_opened_once_although_its_proposal_was_sent_twice()
    {
        Assert.Equal(Verdict.Applied, _driver.Own(CommandKind.CreateSession, default, 1, number: 1).Verdict);
        var zxid = _driver.Machine.Zxid;
        Assert.Equal(Verdict.Duplicate, _driver.Own(CommandKind.CreateSession, default, 1, number: 1).Verdict);
        Assert.Equal(1, _driver.Machine.Sessions.Count);
        Assert.Equal(zxid, _driver.Machine.Zxid);
    }

    [Fact]
    public void A4_a_restarted_member_counts_from_one_again_and_its_former_life_is_ignored()
    {
        _driver.Own(CommandKind.CreateSession, default, 1, number: 1, new(77, 1));
        Assert.Equal(Verdict.Applied, _driver.Own(CommandKind.CreateSession, default, 1, number: 1, new(77, 2)).Verdict);
        Assert.Equal(Verdict.Duplicate, _driver.Own(CommandKind.CreateSession, default, 1, number: 2, new(77, 1)).Verdict);
    }

    [Fact]
    public void C3_a_wrong_password_moves_nothing_and_takes_no_zxid()
    {
        var session = _driver.OpenSession(password: 42);
        var before = (_driver.Machine.Zxid, _driver.Machine.Sessions.Digest);
        Assert.Equal(ErrorCode.SessionExpired, _driver.Own(CommandKind.Attach, session, 43).Error);
        Assert.Equal(before, (_driver.Machine.Zxid, _driver.Machine.Sessions.Digest));
        Assert.Equal(ErrorCode.Ok, _driver.Own(CommandKind.Attach, session, 42).Error);
    }

    [Fact]
    public void Closing_a_session_deletes_its_ephemerals_under_one_zxid()
    {
        var session = _driver.OpenSession();
        _driver.Create(session, 1, "/e1", flags: 1);
        _driver.Create(session, 2, "/e2", flags: 1);
        var outcome = _driver.Apply(new() { Kind = CommandKind.CloseSession, Session = session, Attachment = 1, Sequence = 3 });
        Assert.Equal(outcome.Zxid, _driver.Machine.Zxid);
        Assert.Equal(2, _driver.Changes.Count);
        Assert.Equal(0, _driver.Machine.Tree.EphemeralCount);
        Assert.Equal(0, _driver.Machine.Sessions.Count);
    }

    [Fact]
    public void An_opening_entry_restarts_the_counter_in_its_epoch()
    {
        _driver.OpenSession();
        _driver.Apply(new() { Kind = CommandKind.Open }, new Term(7));
        Assert.Equal(new Zxid(new Term(7), 0), _driver.Machine.Zxid);
    }

    [Fact]
    public void A7_bounds_that_change_outcomes_come_from_the_log()
    {
        var driver = new MachineDriver(new() { Sessions = 1, EphemeralsPerSession = 1 });
        var session = driver.OpenSession();
        Assert.Equal(ErrorCode.SessionExpired, driver.Own(CommandKind.CreateSession, default, 0).Error);
        Assert.Equal(ErrorCode.Ok, driver.Create(session, 1, "/e1", flags: 1).Error);
        Assert.Equal(ErrorCode.QuotaExceeded, driver.Create(session, 2, "/e2", flags: 1).Error);
    }
}
