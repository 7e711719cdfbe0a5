using System.Text;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Tests.Transcripts;

namespace Quorate.Tests.Consensus;

public class ReconfigurationTests
{
    private static readonly Membership Three = new([At(1), At(2), At(3)], []);

    private static Member At(byte id, ulong birth = 0) => new(new(id), $"host{id}:2888:3888", "0.0.0.0:2181", birth == 0 ? 100ul + id : birth);

    private static ErrorCode Read(Reconfiguration wanted, string? joining = null, string? leaving = null, string? members = null, int votersLeast = 2)
    {
        var record = new JuteBytes();
        foreach (var part in (string?[])[joining, leaving, members])
            _ = part is null ? record.Null() : record.Text(part);
        var reader = new JuteReader(record.Long(-1).ToArray());
        return wanted.Read(Three, ReconfigRequest.Read(ref reader), votersLeast);
    }

    private static string Outcome(string? joining = null, string? leaving = null, string? members = null, int votersLeast = 2)
    {
        var wanted = new Reconfiguration();
        var error = Read(wanted, joining, leaving, members, votersLeast);
        return error == ErrorCode.Ok ? wanted.With(server => server.Member.Birth).ToString() : error.ToString();
    }

    private static string Line(int id, string role = "participant") => $"server.{id}=host{id}:2888:3888:{role};2181";

    [Fact]
    public void Those_who_leave_go_before_others_join() =>
        Assert.Equal("1 2 4", Outcome(joining: $"{Line(4)},{Line(1)}", leaving: "3, 1"));

    [Fact]
    public void Who_stays_keeps_its_birth_and_who_joins_has_none_yet()
    {
        var wanted = new Reconfiguration();
        Assert.Equal(ErrorCode.Ok, Read(wanted, joining: $"{Line(2, "observer")},{Line(4)}", leaving: "2"));
        var next = wanted.With(server => server.Member.Birth == 0 ? 77 : server.Member.Birth);
        Assert.Equal([101ul, 102, 103, 77], next.Members.Select(member => member.Birth));
        Assert.True(next.IsObserver(new(2)));
    }

    [Fact]
    public void Who_is_no_member_may_leave() => Assert.Equal("1 2 3", Outcome(leaving: "9"));

    [Fact]
    public void Nothing_at_all_changes_nothing() => Assert.Equal("1 2 3", Outcome());

    [Fact]
    public void A_whole_configuration_replaces_what_was_there() =>
        Assert.Equal("1 5 (2)", Outcome(members: $"{Line(1)}\n{Line(5)}\n{Line(2, "OBSERVER")}\nversion=100000000"));

    [Theory]
    [InlineData(1, "1")]
    [InlineData(2, "BadArguments")]
    public void How_few_voters_there_may_be_is_for_the_settings_to_say(int least, string outcome) =>
        Assert.Equal(outcome, Outcome(leaving: "2,3", votersLeast: least));

    [Fact]
    public void An_ensemble_without_voters_is_none() => Assert.Equal("BadArguments", Outcome(leaving: "1,2,3", votersLeast: 1));

    [Theory]
    [InlineData("server.4=host3:2888:4888;2281")]      // the peer port of 3
    [InlineData("server.4=host3:5888:2888;2281")]      // as an election port
    [InlineData("server.4=host3:5888:6888;2181")]      // the client port of 3
    [InlineData("server.4=host4:2888:3888;2888")]      // its own
    [InlineData("server.4=host4:2888:3888;host1:2181")]
    public void No_two_are_at_one_place(string line) => Assert.Equal("BadArguments", Outcome(joining: line));

    [Theory]
    [InlineData("server.4=host4:2888:3888;2181", "host4:2888:3888", "0.0.0.0:2181", false)]
    [InlineData("server.4=host4:2888:3888:participant;10.0.0.4:2181", "host4:2888:3888", "10.0.0.4:2181", false)]
    [InlineData(" server.4 = [fe80::1]:2888:3888:Observer;[::]:2181 ", "[fe80::1]:2888:3888", "[::]:2181", true)]
    public void A_line_says_where_a_member_is(string line, string peer, string client, bool isObserver)
    {
        Assert.Equal(ErrorCode.Ok, ServerSpec.Parse(line, out var spec));
        Assert.Equal(new ServerSpec(new(new(4), peer, client), isObserver), spec);
    }

    [Theory]
    [InlineData("server.4=host4:2888:3888;0")]
    [InlineData("server.4=host4:2888:3888;65536")]
    [InlineData("server.4=host4:2888:3888;2181;1")]
    [InlineData("server.4=:2888:3888;2181")]
    [InlineData("server.4=[fe80::1:2888:3888;2181")]
    [InlineData("server.0=host4:2888:3888;2181")]
    [InlineData("server.-4=host4:2888:3888;2181")]
    [InlineData("weight.4=1")]
    [InlineData("")]
    public void What_is_no_line_is_a_bad_argument(string line) => Assert.Equal(ErrorCode.BadArguments, ServerSpec.Parse(line, out _));

    [Fact]
    public void The_lines_of_a_configuration_can_be_read_back()
    {
        var text = Encoding.UTF8.GetString(ServerSpec.Lines(new([At(2), At(1)], [At(7)])));
        Assert.Equal(
            "server.1=host1:2888:3888:participant;0.0.0.0:2181\nserver.2=host2:2888:3888:participant;0.0.0.0:2181\nserver.7=host7:2888:3888:observer;0.0.0.0:2181\n",
            text);
        Assert.Equal("1 2 (7)", Outcome(members: text));
    }

    [Fact]
    public void More_than_a_superblock_has_room_for_is_refused()
    {
        var host = new string('x', 200);
        Assert.Equal("BadArguments", Outcome(joining: string.Join(',', Enumerable.Range(4, 15).Select(id => $"server.{id}={host}{id}:2888:3888:observer;2181"))));
    }
}
