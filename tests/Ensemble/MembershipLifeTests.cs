using Quorate.Hosts.Memory;
using Quorate.Kernel;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Ensembles;

/// <summary>Servers that join, leave, change their part, and come back with an empty disk, while the ensemble serves.</summary>
public class MembershipLifeTests
{
    private static void Change(Trio trio, MemoryMember through, string? joining = null, string? leaving = null)
    {
        var client = trio.Operator(through);
        var reply = client.Await(client.BeginReconfig(joining, leaving));
        Assert.Equal(ErrorCode.Ok, (ErrorCode)reply.Error);
    }

    private static MemoryMember Filled(Trio trio)
    {
        var client = trio.Connect(trio.Leader);
        for (var i = 0; i < 20; i++)
            client.Await(client.BeginCreate($"/entry-{i}"));
        return trio.Leader;
    }

    private static bool Has(Trio trio, MemoryMember member, string path)
    {
        var client = trio.Connect(member);
        return client.Await(client.BeginGet(path)).Error == 0;
    }

    [Fact]
    public void A_server_with_an_empty_disk_joins_and_then_its_vote_counts()
    {
        using var trio = new Trio(settings: Changing.Settings);
        Filled(trio);
        var fourth = trio.Ensemble.Join();
        trio.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ServerState.Looking, fourth.State);          // it follows, and serves nobody
        Assert.Equal(trio.Leader.Server.Machine.Digest, fourth.Server.Machine.Digest);
        Change(trio, trio.Follower, Changing.Line(4));
        trio.Until(trio.Agree);
        Assert.True(Has(trio, fourth, "/entry-19"));
        Assert.Equal("1 2 3 4", fourth.Server.Membership.ToString());

        trio.Follower.Kill();                                     // three of four are a majority, and not without the fourth
        var client = trio.Connect(trio.Leader);
        Assert.Equal(0, client.Await(client.BeginCreate("/with-three")).Error);
    }

    [Fact]
    public void One_that_comes_too_late_for_the_reconfig_that_adds_it_is_waited_for()
    {
        using var trio = new Trio(settings: Changing.Settings);
        Filled(trio);
        var client = trio.Operator(trio.Follower);
        var asked = client.BeginReconfig(Changing.Line(4));
        trio.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Null(client.Find(asked));
        trio.Ensemble.Join();
        Assert.Equal(0, client.Await(asked).Error);
    }

    [Fact]
    public void One_that_was_never_added_is_never_counted()
    {
        using var trio = new Trio(settings: Changing.Settings);
        Filled(trio);
        var fourth = trio.Ensemble.Join();
        trio.Advance(TimeSpan.FromSeconds(1));
        foreach (var member in trio.Members.Take(3).Where(member => !member.Leads).ToArray())
            member.Kill();
        trio.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(trio.Ensemble.Leader);
        Assert.Equal(ServerState.Looking, fourth.State);
    }

    [Fact]
    public void The_leader_leaves_and_another_one_goes_on()
    {
        using var trio = new Trio(settings: Changing.Settings);
        var removed = Filled(trio);
        var its = trio.Connect(removed);
        trio.Until(() => its.IsConnected);
        Change(trio, removed, leaving: $"{removed.Id}");          // the reply comes although it is this member that leaves
        trio.Until(() => trio.Ensemble.Leader is { } leader && leader != removed);
        Assert.True(its.IsClosed);
        Assert.Equal(ServerState.Looking, removed.State);
        var refused = trio.Connect(removed);
        trio.Until(() => refused.IsClosed);
        Assert.True(Has(trio, trio.Leader, "/entry-19"));
        removed.Kill();
        var client = trio.Connect(trio.Serving());
        Assert.Equal(0, client.Await(client.BeginCreate("/without")).Error);
    }

    [Fact]
    public void B9_when_the_reply_is_there_those_who_left_are_not_needed()
    {
        using var trio = new Trio(settings: Changing.Settings, members: 5);
        var leaving = trio.Members.Where(member => !member.Leads).Take(2).ToArray();
        var client = trio.Operator(trio.Leader);
        var asked = client.BeginReconfig(leaving: string.Join(',', leaving.Select(member => member.Id)));
        client.Await(asked);
        foreach (var member in leaving)
            member.Kill();
        trio.Follower.Kill();                                     // two of three are left
        Assert.Equal(0, client.Await(client.BeginCreate("/after")).Error);
    }

    [Fact]
    public void B9_a_membership_is_in_force_from_when_it_is_appended_and_taken_back_with_its_entry()
    {
        using var trio = new Trio(settings: Changing.Settings);
        var old = trio.Leader;
        var client = trio.Operator(old);
        client.Await(client.BeginSync());
        trio.Ensemble.Partition(old.Id.Value);
        client.BeginReconfig(leaving: $"{trio.Follower.Id}");
        Assert.True(old.Server.Membership.IsJoint);
        trio.Until(() => trio.Ensemble.Leader is { } leader && leader != old);
        old.Kill();                                               // or it would ask the new leader for the same
        trio.Ensemble.Heal();
        old.Restart();
        trio.Until(trio.Agree);
        Assert.All(trio.Members, member => Assert.Equal("1 2 3", member.Server.Membership.ToString()));
    }

    [Fact]
    public void A_reconfig_that_its_leader_could_not_finish_is_finished_by_the_next()
    {
        using var trio = new Trio(settings: Changing.Settings);
        var (old, origin) = (trio.Leader, trio.Follower);
        var client = trio.Operator(origin);
        client.Await(client.BeginSync());
        trio.OtherFollower.HangDisk();
        origin.HangDisk();
        var asked = client.BeginReconfig(leaving: $"{old.Id}");   // in every log, on one disk
        trio.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Null(client.Find(asked));
        old.Kill();
        origin.ReleaseDisk();
        trio.Members.Last(member => !member.IsDown && member != origin).ReleaseDisk();
        Assert.Equal(0, client.Await(asked).Error);
        Assert.Equal(2, trio.Leader.Server.Membership.Members.Count);
    }

    [Fact]
    public void An_observer_becomes_a_participant_and_back()
    {
        using var trio = new Trio(settings: Changing.Settings);
        var third = trio.OtherFollower;
        var id = third.Id.Value;
        Change(trio, third, Changing.Line(id, "observer"));
        Assert.False(trio.Leader.Server.Membership.IsVoter(third.Id));
        trio.Until(trio.Agree);
        Change(trio, third, Changing.Line(id));
        Assert.True(trio.Leader.Server.Membership.IsVoter(third.Id));
        trio.Members.First(member => !member.IsDown && !member.Leads && member != third).Kill();
        var client = trio.Connect(third);
        Assert.Equal(0, client.Await(client.BeginCreate("/with-its-vote")).Error);
    }

    [Fact]
    public void The_leader_becomes_an_observer_and_goes_on_serving()
    {
        using var trio = new Trio(settings: Changing.Settings);
        var old = trio.Leader;
        Change(trio, old, Changing.Line(old.Id.Value, "observer"));
        trio.Until(() => trio.Ensemble.Leader is { } leader && leader != old);
        trio.Until(trio.Agree);
        Assert.True(Has(trio, old, Changing.Config));
    }

    [Fact]
    public void A14_S68_a_member_whose_disk_was_wiped_counts_for_nothing_until_it_is_removed_and_added_again()
    {
        using var trio = new Trio(settings: Changing.Settings);
        var (first, second, wiped) = (Filled(trio), trio.Follower, trio.OtherFollower);
        wiped.Kill();
        wiped.Wipe();
        wiped.Restart();
        trio.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(ServerState.Looking, wiped.State);
        second.Kill();                                            // one of three who is who he was
        trio.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(trio.Ensemble.Leader);
        second.Restart();
        trio.Until(() => trio.Ensemble.Leader is not null);

        var client = trio.Operator(first);
        Assert.Equal(ErrorCode.Ok, (ErrorCode)client.Await(client.BeginReconfig(leaving: $"{wiped.Id}")).Error);
        Assert.Equal(ErrorCode.Ok, (ErrorCode)client.Await(client.BeginReconfig(Changing.Line(wiped.Id.Value))).Error);
        trio.Until(trio.Agree);
        Assert.True(Has(trio, wiped, "/entry-19"));
        second.Kill();
        Assert.Equal(0, client.Await(client.BeginCreate("/with-the-one-that-is-back")).Error);
    }

    [Fact]
    public void S29_an_empty_disk_and_its_ensembles_other_members_down_found_nothing()
    {
        using var trio = new Trio(settings: Changing.Settings);
        Filled(trio);
        var wiped = trio.Follower;
        foreach (var member in trio.Members)
            member.Kill();
        wiped.Wipe();
        wiped.Restart();
        var late = trio.Ensemble.Join();                          // as empty as it is
        trio.Advance(TimeSpan.FromSeconds(30));
        Assert.Null(trio.Ensemble.Leader);
        foreach (var member in trio.Members)
            if (member.IsDown)
                member.Restart();
        trio.Until(() => trio.Ensemble.Leader is not null);
        Assert.NotEqual(wiped, trio.Leader);
        Assert.NotEqual(late, trio.Leader);
        Assert.True(Has(trio, trio.Leader, "/entry-19"));
    }

    [Fact]
    public void One_that_was_down_when_it_was_removed_learns_of_it_and_disturbs_nobody()
    {
        using var trio = new Trio(settings: Changing.Settings);
        var removed = trio.OtherFollower;
        removed.Kill();
        Change(trio, trio.Leader, leaving: $"{removed.Id}");
        var term = trio.Leader.Server.Term;
        removed.Restart();
        trio.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(ServerState.Looking, removed.State);
        Assert.Null(removed.Server.Membership.Find(removed.Id));
        Assert.Equal(term, trio.Leader.Server.Term);
        Change(trio, trio.Leader, Changing.Line(removed.Id.Value));
        trio.Until(trio.Agree);
    }

    [Fact]
    public void Who_belongs_outlives_snapshots_and_restarts()
    {
        using var trio = new Trio(settings: Changing.Settings with { SnapshotEveryEntries = 5, SnapshotsKept = 1, SegmentBytes = 4 << 10 });
        trio.Ensemble.Join();
        trio.Advance(TimeSpan.FromSeconds(1));
        Change(trio, trio.Follower, Changing.Line(4));
        var configuration = trio.Configuration(trio.Leader);
        Filled(trio);
        trio.Until(trio.Agree);
        foreach (var member in trio.Members)
            member.Restart();
        trio.Until(trio.Agree);
        Assert.Equal(configuration, trio.Configuration(trio.Leader));
        Assert.All(trio.Members, member => Assert.Equal("1 2 3 4", member.Server.Membership.ToString()));
    }
}
