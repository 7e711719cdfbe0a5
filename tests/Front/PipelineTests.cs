using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Front;

public class PipelineTests
{
    private readonly FrontWorld _world = new();

    [Fact]
    public void A_read_sees_the_writes_before_it_and_none_behind_it()
    {
        var client = _world.Client();
        client.Send(
            Ask.Create(1, "/a", "0"), Ask.Read(2, OpCode.GetData, "/a"), Ask.SetData(3, "/a", "1"), Ask.Read(4, OpCode.GetData, "/a"),
            Ask.Delete(5, "/a"), Ask.Read(6, OpCode.Exists, "/a"));
        _world.Settle();

        Assert.Equal((1, ErrorCode.Ok), (client.Take() is var create ? create.Xid : 0, create.Error));
        Assert.Equal("0", client.Take().Text);
        Assert.Equal(3, client.Take().Xid);
        Assert.Equal("1", client.Take().Text);
        Assert.Equal(5, client.Take().Xid);
        Assert.Equal(ErrorCode.NoNode, client.Take().Error);
    }

    [Fact]
    public void A_write_is_not_applied_while_a_read_before_it_is_unanswered()
    {
        var client = _world.Client();
        client.Send(Ask.Read(1, OpCode.Exists, "/a", watch: true), Ask.Create(2, "/a"));
        Assert.Equal(1, _world.Pending);
        Assert.False(_world.ApplyOne());
        _world.AnswerReads();
        Assert.True(_world.ApplyOne());
        Assert.Equal(["1 NoNode", "NodeCreated /a", "2 Ok"], client.TakeAll());
    }

    [Fact]
    public void A_read_of_one_session_does_not_keep_back_the_writes_of_another()
    {
        var (reader, writer) = (_world.Client(), _world.Client());
        reader.Send(Ask.Read(1, OpCode.Exists, "/a"));
        writer.Send(Ask.Create(1, "/a"));
        Assert.True(_world.ApplyOne());
        _world.AnswerReads();
        Assert.Equal(["1 Ok"], reader.TakeAll());
    }

    [Fact]
    public void A_read_behind_a_write_waits_for_it()
    {
        var client = _world.Client();
        client.Send(Ask.Create(1, "/a"), Ask.Read(2, OpCode.Exists, "/a"));
        Assert.Equal(0, _world.Front.ReadyReads);
        _world.Apply();
        Assert.Equal(1, _world.Front.ReadyReads);
    }

    [Fact]
    public void A_write_behind_an_unanswered_sync_is_not_proposed()
    {
        var client = _world.Client();
        client.Send(
            Ask.Path(1, OpCode.Sync, "/x"), Ask.Create(2, "/a"), Ask.Create(3, "/b"), Ask.Path(4, OpCode.Sync, "/y"), Ask.Create(5, "/c"));
        Assert.Equal(0, _world.Pending);
        _world.ConfirmRounds();
        Assert.Equal(["1 Ok"], client.TakeAll());
        Assert.Equal(2, _world.Pending);
        _world.ApplyOne();
        _world.ApplyOne();
        Assert.Equal(["2 Ok", "3 Ok", "4 Ok"], client.TakeAll());
        Assert.Equal(1, _world.Pending);
    }

    [Fact]
    public void A_sync_waits_for_the_reads_before_it_and_echoes_its_path()
    {
        var client = _world.Client();
        client.Send(Ask.Read(1, OpCode.Exists, "/"), Ask.Path(2, OpCode.Sync, "no slash \U0001f600"));
        _world.ConfirmRounds();
        Assert.False(client.HasReceived);
        _world.AnswerReads();
        Assert.Equal(1, client.Take().Xid);
        var sync = client.Take();
        Assert.Equal((2, ErrorCode.Ok), (sync.Xid, sync.Error));
        Assert.Equal([.. "no slash "u8, 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80], sync.Body[4..]);
    }

    [Fact]
    public void Pongs_neither_hold_nor_are_held()
    {
        var client = _world.Client();
        client.Send(Ask.Create(1, "/a"), Ask.Ping, Ask.Read(2, OpCode.Exists, "/a"), Ask.Ping);
        _world.ConfirmRounds();
        Assert.Equal(["-2 Ok", "-2 Ok"], client.TakeAll());
        client.Send(Ask.Ping);
        _world.Apply();
        _world.AnswerReads();
        Assert.Equal(["1 Ok", "2 Ok"], client.TakeAll());
        _world.ConfirmRounds();
        Assert.Equal(["-2 Ok"], client.TakeAll());
    }

    [Fact]
    public void A_pong_waits_for_a_round_that_began_after_its_ping()
    {
        var client = _world.Client();
        client.Send(Ask.Ping);
        Assert.False(client.HasReceived);
        _world.ConfirmRounds();
        Assert.Equal(["-2 Ok"], client.TakeAll());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(23)]
    [InlineData(108)]
    [InlineData(-1)]
    [InlineData(-10)]
    public void An_unknown_request_is_refused_in_its_turn_and_ends_the_connection(int op)
    {
        var client = _world.Client();
        client.Send(Ask.Create(1, "/a"), Ask.Request(2, (OpCode)op, _ => { }), Ask.Create(3, "/b"));
        _world.Settle();
        Assert.Equal(ErrorCode.Ok, client.Take().Error);
        var refusal = client.Take();
        Assert.Equal((2, -1L, ErrorCode.Unimplemented, 0), (refusal.Xid, refusal.Zxid, refusal.Error, refusal.Body.Length));
        Assert.True(client.IsHungUp);
        Assert.False(client.HasReceived);
        Assert.NotEqual(Sessions.None, _world.Machine.Sessions.Find(new(client.Session)));
    }

    [Theory]
    [InlineData(OpCode.Exists)]
    [InlineData(OpCode.GetData)]
    [InlineData(OpCode.GetAcl)]
    [InlineData(OpCode.GetChildren)]
    [InlineData(OpCode.GetChildren2)]
    [InlineData(OpCode.Sync)]
    [InlineData(OpCode.AddWatch)]
    [InlineData(OpCode.RemoveWatches)]
    [InlineData(OpCode.CheckWatches)]
    [InlineData(OpCode.GetEphemerals)]
    [InlineData(OpCode.GetAllChildrenNumber)]
    [InlineData(OpCode.MultiRead)]
    [InlineData(OpCode.SetWatches)]
    [InlineData(OpCode.SetWatches2)]
    [InlineData(OpCode.Reconfig)]
    public void A_read_that_is_cut_short_is_refused_without_a_zxid(OpCode op)
    {
        var client = _world.Client();
        var zxid = _world.Machine.Zxid;
        var reply = client.Call(Ask.Request(1, op, w => w.Byte(0)));
        Assert.Equal((ErrorCode.MarshallingError, zxid.Value), (reply.Error, reply.Zxid));
        Assert.False(client.IsHungUp);
    }

    [Theory]
    [InlineData(OpCode.Create)]
    [InlineData(OpCode.Delete)]
    [InlineData(OpCode.SetData)]
    [InlineData(OpCode.SetAcl)]
    [InlineData(OpCode.Create2)]
    [InlineData(OpCode.CreateContainer)]
    [InlineData(OpCode.CreateTtl)]
    [InlineData(OpCode.Check)]
    [InlineData(OpCode.Multi)]
    public void A_write_that_is_cut_short_takes_a_zxid(OpCode op)
    {
        var client = _world.Client();
        var zxid = _world.Machine.Zxid;
        var reply = client.Call(Ask.Request(1, op, w => w.Byte(0)));
        Assert.Equal((ErrorCode.MarshallingError, zxid.Value + 1), (reply.Error, reply.Zxid));
    }

    [Theory]
    [InlineData(false, ErrorCode.ReconfigDisabled, 0)]
    [InlineData(true, ErrorCode.Unimplemented, 1)]
    public void Reconfig_is_refused_here_when_switched_off_and_by_the_machine_otherwise(bool enabled, ErrorCode error, int zxids)
    {
        var world = new FrontWorld(new() { ReconfigEnabled = enabled });
        var client = world.Client();
        var zxid = world.Machine.Zxid;
        var reply = client.Call(Ask.Request(1, OpCode.Reconfig, w =>
        {
            w.Null();
            Ask.Text(w, "2");
            w.Null();
            w.Long(-1);
        }));
        Assert.Equal((error, zxid.Value + zxids), (reply.Error, reply.Zxid));
    }

    [Fact]
    public void A_frame_too_short_for_a_header_closes_the_connection()
    {
        var client = _world.Client();
        client.Send([0, 0, 0, 1, 0]);
        Assert.True(client.IsHungUp);
        Assert.False(client.HasReceived);
    }

    [Fact]
    public void Closing_a_session_replies_and_hangs_up_and_drops_what_follows()
    {
        var client = _world.Client();
        client.Send(Ask.Create(1, "/a"), Ask.Close(2), Ask.Create(3, "/b"));
        _world.Settle();
        Assert.Equal(["1 Ok", "2 Ok"], client.TakeAll());
        Assert.True(client.IsHungUp);
        Assert.Equal(-1, _world.Machine.Tree.Find("/b"u8));
        Assert.Equal(0, _world.Machine.Sessions.Count);
    }

    [Fact]
    public void At_the_bound_of_requests_a_connection_is_held_until_half_are_answered()
    {
        var world = new FrontWorld(limits: new() { RequestsPerConnection = 4 });
        var client = world.Client();
        for (var xid = 1; xid <= 4; xid++)
        {
            Assert.False(client.IsHeld);
            client.Send(Ask.Create(xid, "/n" + xid));
        }
        Assert.True(client.IsHeld);
        client.Send(Ask.Create(5, "/n5"));   // the host had read it already
        world.ApplyOne();
        world.ApplyOne();
        Assert.True(client.IsHeld);
        world.ApplyOne();
        Assert.False(client.IsHeld);
        world.Settle();
        Assert.Equal(["1 Ok", "2 Ok", "3 Ok", "4 Ok", "5 Ok"], client.TakeAll());
    }

    [Fact]
    public void At_the_bound_of_bytes_a_connection_is_held()
    {
        var world = new FrontWorld(limits: new() { FrameBytes = 1024, RequestBytesPerConnection = 2048 });
        var client = world.Client();
        client.Send(Ask.Create(1, "/a", new('x', 900)), Ask.Create(2, "/b", new('x', 900)));
        Assert.False(client.IsHeld);
        client.Send(Ask.Create(3, "/c", new('x', 900)));
        Assert.True(client.IsHeld);
        world.Settle();
        Assert.False(client.IsHeld);
    }

    [Fact]
    public void At_the_bound_of_all_requests_whoever_sends_is_held()
    {
        var world = new FrontWorld(limits: new() { RequestsPerConnection = 4, RequestsOutstanding = 4 });
        var (a, b, c) = (world.Client(), world.Client(), world.Client());
        a.Send(Ask.Create(1, "/a1"), Ask.Create(2, "/a2"));
        b.Send(Ask.Create(1, "/b1"), Ask.Create(2, "/b2"));
        Assert.False(a.IsHeld);
        Assert.True(b.IsHeld);
        c.Send(Ask.Ping);
        Assert.True(c.IsHeld);
        world.ApplyOne();
        world.ApplyOne();
        world.Pump();
        Assert.True(b.IsHeld && c.IsHeld);
        world.ApplyOne();
        world.Pump();
        Assert.False(b.IsHeld || c.IsHeld);
    }

    [Fact]
    public void Whoever_is_held_for_all_goes_on_when_the_busy_connection_is_gone()
    {
        var world = new FrontWorld(limits: new() { RequestsPerConnection = 4, RequestsOutstanding = 4 });
        var (busy, idle) = (world.Client(), world.Client());
        busy.Send(Ask.Create(1, "/a"), Ask.Create(2, "/b"), Ask.Create(3, "/c"));
        idle.Send(Ask.Ping);
        Assert.True(idle.IsHeld);
        world.Close(busy);
        world.Pump();
        Assert.False(idle.IsHeld);
    }

    [Fact]
    public void While_consensus_takes_nothing_writes_wait_in_order_and_their_connections_are_held()
    {
        var (a, b) = (_world.Client(), _world.Client());
        _world.MayPropose = false;
        a.Send(Ask.Create(1, "/a"), Ask.Read(2, OpCode.Exists, "/a"), Ask.Create(3, "/a/b"));
        b.Send(Ask.Read(1, OpCode.Exists, "/"), Ask.Create(2, "/b"));
        Assert.True(a.IsHeld && b.IsHeld);
        _world.AnswerReads();
        Assert.Equal(["1 Ok"], b.TakeAll());
        _world.Pump();
        Assert.Equal(0, _world.Pending);

        _world.MayPropose = true;
        _world.Pump();
        Assert.Equal(3, _world.Pending);
        Assert.False(a.IsHeld || b.IsHeld);
        _world.Settle();
        Assert.Equal(["1 Ok", "2 Ok", "3 Ok"], a.TakeAll());
        Assert.Equal(["2 Ok"], b.TakeAll());
    }

    [Fact]
    public void A_new_session_waits_while_consensus_takes_nothing()
    {
        _world.MayPropose = false;
        var client = _world.Open();
        client.Send(Ask.Connect());
        Assert.Equal(0, _world.Pending);
        _world.MayPropose = true;
        _world.Settle();
        client.TakeGrant();
        Assert.NotEqual(0, client.Session);
    }

    [Fact]
    public void The_session_of_a_held_connection_is_touched_by_the_server_up_to_a_cap()
    {
        var world = new FrontWorld(limits: new() { RequestsPerConnection = 1 });
        var client = world.Client(timeout: 4000);
        client.Send(Ask.Create(1, "/a"));
        Assert.True(client.IsHeld);
        for (var waited = 0; waited < 38_000; waited += 1000)
        {
            world.Wait(1000);
            Assert.False(world.Front.Expiry.TryTake(world.Now, out _, out var silence) && silence == TimeSpan.Zero);
        }
        for (var waited = 0; waited < 8000; waited += 1000)
            world.Wait(1000);
        Assert.True(world.Front.Expiry.TryTake(world.Now, out var expired, out _));
        Assert.Equal(client.Session, expired.Value);
    }

    [Fact]
    public void Nothing_is_promised_to_a_session_that_is_about_to_be_closed()
    {
        var client = _world.Client();
        _world.Wait(9000);
        Assert.True(_world.Front.Expiry.TryTake(_world.Now, out var session, out _));
        client.Send(Ask.Ping, Ask.Path(1, OpCode.Sync, "/"));
        _world.ConfirmRounds();
        Assert.False(client.HasReceived);
        _world.Log(new() { Kind = CommandKind.ExpireSession, Session = session });
        _world.Settle();
        Assert.True(client.IsHungUp);
        Assert.False(client.HasReceived);
    }

    [Fact]
    public void Hanging_up_everybody_forgets_what_they_waited_for()
    {
        var (a, b, c) = (_world.Client(), _world.Client(), _world.Open());
        a.Send(Ask.Create(1, "/a"), Ask.Read(2, OpCode.Exists, "/a"));
        b.Send(Ask.Read(1, OpCode.Exists, "/", watch: true), Ask.Ping, Ask.Path(2, OpCode.Sync, "/"));
        c.Send(Ask.Connect());
        _world.HangUpAll();
        Assert.True(a.IsHungUp && b.IsHungUp && c.IsHungUp);
        var front = _world.Front;
        Assert.Equal((0, 0, 0, 0), (front.ReadyReads, front.ConnectionCount, front.OutstandingRequests, front.WatchCount));
        _world.Settle();
        Assert.False(a.HasReceived || b.HasReceived || c.HasReceived);
        Assert.NotEqual(0, _world.Client().Session);
    }

    [Fact]
    public void A_connection_that_is_gone_costs_nothing_and_gets_nothing()
    {
        var client = _world.Client();
        client.Send(Ask.Create(1, "/a"), Ask.Read(2, OpCode.GetData, "/a", watch: true), Ask.Ping, Ask.Path(3, OpCode.Sync, "/a"));
        _world.Apply();
        _world.Close(client);
        _world.Settle();
        Assert.Equal(["1 Ok"], client.TakeAll());
        Assert.Equal((0, 0, 0), (_world.Front.ConnectionCount, _world.Front.OutstandingRequests, _world.Front.WatchCount));
        Assert.Equal(1, _world.Machine.Sessions.Count);
    }

    /// <summary>What a client may do at random, and what the world may.</summary>
    private enum Move { Set, Get, Sync, Ping, Unrelated, ApplyOne, Answer, Confirm, ToggleLog, Stall, Drain }

    [Fact]
    public void However_things_interleave_replies_keep_their_order_and_reads_their_place() => Gen.Select(
        Gen.Enum<Move>(), Gen.Int[0, 2]).Array[1, 120].Sample(moves =>
        {
            var world = new FrontWorld(limits: new() { RequestsPerConnection = 9, AnswerBytesPerBatch = 200, ReadsPromised = 4 });
            var clients = Enumerable.Range(0, 3).Select(i => new Pipelined(world, i)).ToArray();
            world.Settle();
            foreach (var (move, who) in moves)
                Play(world, clients[who], move);
            world.MayPropose = true;
            foreach (var client in clients)
                client.Drain();
            world.Settle();
            foreach (var client in clients)
                client.Judge();
        }, iter: 800);

    private static void Play(FrontWorld world, Pipelined client, Move move)
    {
        switch (move)
        {
            case Move.ApplyOne: world.ApplyOne(); break;
            case Move.Answer: world.AnswerReads(count => Enumerable.Range(0, count).Reverse()); break;
            case Move.Confirm: world.ConfirmRounds(); break;
            case Move.ToggleLog:
                world.MayPropose = !world.MayPropose;
                world.Pump();
                break;
            case Move.Stall: client.Stall(); break;
            case Move.Drain: client.Drain(); break;
            default: client.Send(move); break;
        }
    }

    /// <summary>A client that alone writes its own znode, so that what each of its reads must see is known when it is sent.</summary>
    private sealed class Pipelined
    {
        private readonly FrontWorld _world;
        private readonly TestClient _client;
        private readonly string _path;
        private readonly List<(Move Move, string Expected)> _asked = [];
        private int _pings, _value;

        public Pipelined(FrontWorld world, int number)
        {
            _world = world;
            _path = "/" + number;
            _client = world.Client();
            _client.Call(Ask.Create(1000, _path, "0"));
        }

        public void Send(Move move)
        {
            var xid = _asked.Count;
            if (move == Move.Ping)
                _pings++;
            else
                _asked.Add((move, move == Move.Set ? (++_value).ToString() : _value.ToString()));
            _client.Send(move switch
            {
                Move.Set => Ask.SetData(xid, _path, _value.ToString()),
                Move.Get => Ask.Read(xid, OpCode.GetData, _path),
                Move.Sync => Ask.Path(xid, OpCode.Sync, _path),
                Move.Ping => Ask.Ping,
                _ => Ask.Read(xid, OpCode.Exists, "/none"),
            });
        }

        public void Stall() => _world.Front.Stalled(_client.Id);

        public void Drain() => _world.Drained(_client);

        public void Judge()
        {
            Assert.False(_client.IsHeld);
            var zxid = 0L;
            var next = 0;
            while (_client.HasReceived)
            {
                var heard = _client.Take();
                Assert.True(heard.Zxid >= zxid);
                zxid = heard.Zxid;
                if (heard.Xid == -2)
                {
                    _pings--;
                    continue;
                }
                Assert.Equal(next, heard.Xid);
                if (_asked[next].Move == Move.Get)
                    Assert.Equal(_asked[next].Expected, heard.Text);
                next++;
            }
            Assert.Equal((_asked.Count, 0), (next, _pings));
        }
    }
}
