using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Clients;

/// <summary>Every bound of a client, reached; and what a request costs.</summary>
public class BoundTests
{
    [Fact]
    public void Requests_beyond_the_bound_are_refused_until_one_is_completed()
    {
        var client = new Puppet(new() { OutstandingMax = 2 }).Up();
        client.Ask(1, OpCode.GetData).Ask(2, OpCode.GetData).Said();
        client.Ask(3, OpCode.GetData);
        Assert.Equal(["done 3: GetData Lost ThrottledOp"], client.Said());
        client.Reply(1, 5).Said();
        client.Ask(4, OpCode.GetData);
        Assert.Equal(["send 1: 3 GetData /a"], client.Said());
    }

    [Fact]
    public void A_session_is_ended_and_a_fence_kept_however_much_is_under_way()
    {
        var client = new Puppet(new() { OutstandingMax = 2 }, version: ProtocolVersion.ZooKeeper).Rely().Up();
        client.Ask(1, OpCode.GetData).Ask(2, OpCode.GetData).Ask(3, OpCode.GetData).Said();
        client.Advance(2.25);
        Assert.Equal("send 1: 3 Delete /quorate-fence", client.Said().Single());
        client.Ask(4, OpCode.CloseSession);
        Assert.Equal("send 1: 4 CloseSession", client.Said().Single());
    }

    [Fact]
    public void Bytes_that_wait_for_a_connection_are_bounded_and_those_sent_do_not_count()
    {
        var client = new Puppet(new() { WaitingBytesMax = 15 });
        client.Tick().Ask(1, OpCode.GetData).Ask(2, OpCode.GetData).Said();   // seven bytes each
        client.Ask(3, OpCode.GetData);
        Assert.Equal(["done 3: GetData Lost ThrottledOp"], client.Said());
        client.Grant().Ask(4, OpCode.Create).Said();
        client.Closed().Said();
        client.Ask(5, OpCode.GetData).Ask(6, OpCode.GetData);
        Assert.Empty(client.Said());
    }

    [Fact]
    public void Watched_paths_are_bounded_and_requests_that_may_yet_set_one_count()
    {
        var client = new Puppet(new() { WatchesMax = 2 }).Up();
        client.Ask(1, OpCode.GetData, "/a", watch: true).Reply(1, 5).Ask(2, OpCode.GetData, "/b", watch: true).Said();
        client.Ask(3, OpCode.GetData, "/c", watch: true).Ask(4, OpCode.GetData, "/c", watch: false);
        Assert.Equal(["done 3: GetData Lost ThrottledOp", "send 1: 3 GetData /c"], client.Said());
        client.Reply(2, 5, ErrorCode.NoNode).Said();
        client.Ask(5, OpCode.GetData, "/c", watch: true);
        Assert.Equal(["send 1: 4 GetData /c"], client.Said());
    }

    [Fact]
    public void Credentials_are_bounded()
    {
        var client = new Puppet(new() { CredentialsMax = 1 }).Up();
        client.Ask(1, OpCode.Auth, "a:1").Said();
        client.Ask(2, OpCode.Auth, "b:2");
        Assert.Equal(["done 2: Auth Lost ThrottledOp"], client.Said());
    }

    [Fact]
    public void A_request_that_no_server_would_read_is_refused_here()
    {
        var client = new Puppet(new() { FrameBytes = 1024, RearmingBytes = 1024 }).Up();
        client.Ask(1, OpCode.Delete, new byte[1024 - RequestHeader.Length]).Said();
        Assert.Equal(1024, client.Frames[^1].Length);
        client.Ask(2, OpCode.Delete, new byte[1024 - RequestHeader.Length + 1]);
        Assert.Equal(["done 2: Delete Lost BadArguments"], client.Said());
    }

    [Fact]
    public void Settings_that_make_no_sense_are_named()
    {
        Assert.Contains("Servers", Assert.Throws<ArgumentException>(() => new ClientSettings { Servers = 0 }.Validated()).Message, StringComparison.Ordinal);
        Assert.Contains("ClockDrift", Assert.Throws<ArgumentException>(() => new ClientSettings { ClockDrift = 1_000_000 }.Validated()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OpCode.GetData, false)]
    [InlineData(OpCode.GetData, true)]
    [InlineData(OpCode.SetData, false)]
    public void A_pipelined_request_allocates_nothing(OpCode op, bool watch)
    {
        const int Depth = 16;
        var client = new Kernel.Clients.Client(new(), 1);
        var effects = new ClientEffects();
        var now = new Instant(1000);
        byte[] Frame(Action<JuteWriter> write) => Spoken.Frames(Spoken.Record(write)).Single();
        var record = Spoken.Record(w => RequestRecord.Read(w, "/some/path"u8, watch));
        var reply = Frame(w => ReplyHeader.WriteFrame(w, 0, new(5), ErrorCode.Ok));
        var fired = Frame(w => Notification.Write(w, WatchEvent.NodeDataChanged, "/some/path"u8, new(5)));
        client.Step(new() { Now = now, Kind = ClientInputKind.Tick }, effects);
        client.Step(new() { Now = now, Kind = ClientInputKind.Opened, Subject = 1 }, effects);
        var granted = Frame(w => ConnectResponse.WriteGranted(w, ProtocolVersion.ZooKeeper, 9000, new(1), new byte[16], withReadOnly: false));
        client.Step(new() { Now = now, Kind = ClientInputKind.Frame, Subject = 1, Bytes = granted }, effects);

        var (xid, counted, rounds) = (0, 0, 0);
        void Round()
        {
            rounds++;
            for (ulong i = 0; i < Depth; i++)
                client.Step(new() { Now = now, Kind = ClientInputKind.Request, Subject = i, Op = op, Bytes = record }, effects);
            for (var i = 0; i < Depth; i++)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(reply, ++xid);
                client.Step(new() { Now = now, Kind = ClientInputKind.Frame, Subject = 1, Bytes = reply }, effects);
            }
            client.Step(new() { Now = now, Kind = ClientInputKind.Frame, Subject = 1, Bytes = fired }, effects);
            counted += effects.Count;
            effects.Clear();
        }
        effects.Clear();
        void Rounds()
        {
            for (var i = 0; i < 100; i++)
                Round();
        }
        Rounds();
        Assert.Equal(0, Allocated.By(Rounds));
        Assert.Equal(rounds * (watch ? Depth + 2 : Depth + 1), counted);   // one glued send, the completions, the event
    }
}
