using System.Text;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Ensembles;

/// <summary>reconfig as a client sees it: every answer of semantics reference §18 and §9, and what /zookeeper/config says.</summary>
public class ReconfigTests
{
    private static ErrorCode Answer(Trio trio, string? joining = null, string? leaving = null, string? members = null, long version = -1)
    {
        var client = trio.Operator(trio.Follower);
        return (ErrorCode)client.Await(client.BeginReconfig(joining, leaving, members, version)).Error;
    }

    [Fact]
    public void It_is_refused_while_it_is_switched_off()
    {
        using var trio = new Trio(settings: Changing.Settings with { ReconfigEnabled = false });
        Assert.Equal(ErrorCode.ReconfigDisabled, Answer(trio, leaving: "3"));
    }

    [Fact]
    public void A_server_by_itself_has_no_members_to_change()
    {
        using var trio = new Trio(settings: Changing.Settings, members: 1);
        var client = trio.Operator(trio.Leader);
        var before = client.Await(client.BeginSync()).Zxid;
        var reply = client.Await(client.BeginReconfig(Changing.Line(2)));
        Assert.Equal((ErrorCode.Unimplemented, before + 1), ((ErrorCode)reply.Error, reply.Zxid));
    }

    [Theory]
    [InlineData(null, "2,3", null)]                                          // one voter would be left
    [InlineData("server.2=member-2:2888:3888:observer;2181", "3", null)]     // likewise
    [InlineData("server.4=member-4:2888;2181", null, null)]                  // two ports
    [InlineData("server.4=member-4:2888:3888", null, null)]                  // likewise
    [InlineData("server.4=member-4:2888:3888:king;2181", null, null)]        // a part that nobody has
    [InlineData("server.4=member-1:2888:3888;2181", null, null)]             // where member 1 is
    [InlineData("server.300=member-4:2888:3888;2181", null, null)]           // no id
    [InlineData("member-4", null, null)]                                     // no line
    [InlineData(null, null, "server.1=member-1:2888:3888;2181")]             // one voter in all
    [InlineData(null, null, "group.1=1:2:3")]                                // no hierarchy
    public void What_makes_no_ensemble_is_refused(string? joining, string? leaving, string? members)
    {
        using var trio = new Trio(settings: Changing.Settings);
        Assert.Equal(ErrorCode.BadArguments, Answer(trio, joining, leaving, members));
        Assert.Equal("1 2 3", trio.Leader.Server.Membership.ToString());
    }

    [Theory]
    [InlineData("server.x=member-4:2888:3888;2181", null)]
    [InlineData(null, "x")]
    public void An_id_that_is_no_number_cannot_be_read(string? joining, string? leaving)
    {
        using var trio = new Trio(settings: Changing.Settings);
        Assert.Equal(ErrorCode.MarshallingError, Answer(trio, joining, leaving));
    }

    [Fact]
    public void A_configuration_that_has_changed_meanwhile_is_not_changed()
    {
        using var trio = new Trio(settings: Changing.Settings);
        var version = Convert.ToInt64(trio.Configuration(trio.Follower)[^1]["version=".Length..], 16);
        Assert.Equal(ErrorCode.BadVersion, Answer(trio, leaving: "3", version: version + 1));
        Assert.Equal(ErrorCode.Ok, Answer(trio, Changing.Line(3), version: version));
        Assert.Equal(ErrorCode.BadVersion, Answer(trio, leaving: "3", version: version));
    }

    [Fact]
    public void Only_who_may_write_the_configuration_changes_it()
    {
        using var trio = new Trio(settings: Changing.Settings);
        var client = trio.Connect(trio.Follower);
        Assert.Equal(ErrorCode.NoAuth, (ErrorCode)client.Await(client.BeginReconfig(leaving: "3")).Error);
        Assert.Equal("1 2 3", trio.Leader.Server.Membership.ToString());
        using var open = new Trio(settings: Changing.Settings with { SkipAcl = true });
        var anybody = open.Connect(open.Follower);
        Assert.Equal(ErrorCode.Ok, (ErrorCode)anybody.Await(anybody.BeginReconfig(leaving: "3")).Error);
    }

    [Fact]
    public void Who_is_not_there_cannot_be_added()
    {
        using var trio = new Trio(settings: Changing.Settings);
        Assert.Equal(ErrorCode.NewConfigNoQuorum, Answer(trio, Changing.Line(4)));
        Assert.Equal(ErrorCode.NewConfigNoQuorum, Answer(trio, Changing.Line(4, "observer")));
    }

    [Fact]
    public void Voters_that_are_no_majority_without_those_who_are_down_cannot_take_over()
    {
        using var trio = new Trio(settings: Changing.Settings, members: 5);
        var (leader, down) = (trio.Leader, trio.Members.Where(member => !member.Leads).Take(2).ToArray());
        foreach (var member in down)
            member.Kill();
        var stays = string.Join(',', down.Append(leader).Select(member => Changing.Line(member.Id.Value)));
        Assert.Equal(ErrorCode.NewConfigNoQuorum, Answer(trio, members: stays));
    }

    [Fact]
    public void One_change_at_a_time()
    {
        using var trio = new Trio(settings: Changing.Settings);
        var (first, second) = (trio.Operator(trio.Follower), trio.Operator(trio.OtherFollower));
        var waits = first.BeginReconfig(Changing.Line(4));       // for somebody who does not come
        trio.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal(ErrorCode.ReconfigInProgress, (ErrorCode)second.Await(second.BeginReconfig(leaving: "3")).Error);
        Assert.Null(first.Find(waits));
        Assert.Equal(ErrorCode.NewConfigNoQuorum, (ErrorCode)first.Await(waits).Error);
    }

    [Fact]
    public void The_reply_and_the_znode_say_the_configuration_in_force_and_its_version_is_the_zxid_of_the_change()
    {
        using var trio = new Trio(settings: Changing.Settings);
        Assert.Equal(
            ["server.1=member-1:2888:3888:participant", "server.2=member-2:2888:3888:participant", "server.3=member-3:2888:3888:participant",
                $"version={trio.Leader.Server.Term.Value:x}00000000"],
            trio.Configuration(trio.Follower));
        var client = trio.Operator(trio.Follower);
        var before = client.Await(client.BeginSync()).Zxid;
        var reply = client.Await(client.BeginReconfig(Changing.Line(2), leaving: "3"));
        var text = Encoding.UTF8.GetString(reply.Data);
        Assert.Equal($"server.1=member-1:2888:3888:participant\nserver.2=member-2:2888:3888:participant;0.0.0.0:2181\nversion={before + 1:x}", text);
        Assert.Equal(text, Encoding.UTF8.GetString(client.Await(client.BeginGet(Changing.Config)).Data));
    }

    [Fact]
    public void Whoever_watches_the_configuration_is_told()
    {
        using var trio = new Trio(settings: Changing.Settings);
        var watchers = trio.Members.Select(member => trio.Connect(member)).ToArray();
        foreach (var watcher in watchers)
            watcher.Await(watcher.BeginGet(Changing.Config, watch: true));
        Assert.Equal(ErrorCode.Ok, Answer(trio, Changing.Line(2)));
        Assert.All(watchers, watcher => Assert.Equal([Changing.Config], watcher.Events));
    }

    [Fact]
    public void A_whole_configuration_may_be_given_as_it_was_read()
    {
        using var trio = new Trio(settings: Changing.Settings);
        Assert.Equal(ErrorCode.Ok, Answer(trio, members: string.Join(',', Changing.Line(1), Changing.Line(2), Changing.Line(3, "observer"))));
        var text = string.Join('\n', trio.Configuration(trio.Leader));
        Assert.Contains("server.3=member-3:2888:3888:observer;0.0.0.0:2181", text, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.Ok, Answer(trio, members: text));
    }

    [Fact]
    public void What_a_session_asks_behind_a_reconfig_is_answered_behind_it()
    {
        using var trio = new Trio(settings: Changing.Settings);
        var client = trio.Operator(trio.Follower);
        int[] asked = [client.BeginCreate("/before"), client.BeginReconfig(leaving: "3"), client.BeginCreate("/behind"), client.BeginGet("/behind")];
        var replies = asked.Select(client.Await).ToArray();
        Assert.All(replies, reply => Assert.Equal(0, reply.Error));
        Assert.Equal(replies.Select(reply => reply.Zxid).Order(), replies.Select(reply => reply.Zxid));
    }
}
