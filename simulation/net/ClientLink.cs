using Quorate.Kernel;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Drawing;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Net;

/// <summary>
/// A client's connection to a member: two ordered streams of bytes. Each side has its own opinion of whether it stands, as with TCP: what
/// one side closes the other hears of only if word gets through.
/// </summary>
/// <remarks>Side 0 is the client, side 1 the member. The member's side is also what a host does there: frames are split, a held connection is not
/// read from, a client that reads too slowly is hung up.</remarks>
internal sealed class ClientLink(World world, Network network, ClientComputer client, MemberComputer member, ConnectionId id) : IDue, ILink
{
    /// <summary>A server that owes a client more than this hangs up.</summary>
    private const int OutputBytes = 8 << 20;

    /// <summary>A server is told that a client is owed more than this, and again when it is owed less than half.</summary>
    private const int StallBytes = 2 << 10;

    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(300), MostPatience = TimeSpan.FromSeconds(20);

    private enum Segment { Dial, Accept, Data, Close, Reset }

    private const int PatienceEnds = 1000;

    private readonly bool[] _open = [true, false];
    private readonly TrueTime[] _lastArrival = new TrueTime[2];
    private readonly Queue<(Segment Kind, Bytes Bytes)>[] _stalled = [new(), new()];
    private readonly Route?[] _drawn =
    [
        world.Recording?.NewRoute(member.Node, client.Node, id.Value), world.Recording?.NewRoute(client.Node, member.Node, id.Value),
    ];
    private readonly bool[] _spoken = new bool[2];
    private FrameSplitter _splitter = new(world.Scenario.Limits.FrameBytes);
    private byte[] _unread = [];
    private int _unreadLength;
    private bool _held;
    private long _owedToClient;
    private bool _stalls;
    private uint _life;

    public ClientComputer Client => client;

    public MemberComputer Member => member;

    public ConnectionId Id => id;

    /// <summary>The session that it carries, once its client knows.</summary>
    public SessionId Session { get; set; }

    /// <summary>Whether the server does not read from it.</summary>
    public bool IsHeld => _held && _open[1];

    /// <summary>Since when.</summary>
    public TrueTime HeldSince { get; private set; }

    /// <summary>Bytes that the member's host has received and not delivered.</summary>
    public int Unread => _unreadLength;

    public void Dial() => Send(0, Segment.Dial, default);

    /// <summary>The client sends.</summary>
    public void Ask(ReadOnlySpan<byte> bytes)
    {
        if (!_open[0])
            return;
        Send(0, Segment.Data, world.Pool.Copy(bytes));
    }

    /// <summary>The server sends.</summary>
    public void Reply(ReadOnlySpan<byte> frames)
    {
        if (!_open[1])
            return;
        _owedToClient += frames.Length;
        if (_owedToClient > OutputBytes)
        {
            world.Counts.Fired(FaultClass.Overflow);
            HangUp();
        }
        else
            Send(1, Segment.Data, world.Pool.Copy(frames));
        if (_stalls || _owedToClient <= StallBytes || !_open[1])
            return;
        _stalls = true;
        world.Counts.Fired(FaultClass.SlowReader);
        member.Post(new((int)InputKind.ClientStalled, id.Value, default, default));
    }

    /// <summary>The client has taken up what it was sent.</summary>
    public void TakenUp(int length)
    {
        _owedToClient -= length;
        if (!_stalls || _owedToClient > StallBytes / 2 || !_open[1] || member.Life != _life)
            return;
        _stalls = false;
        member.Post(new((int)InputKind.ClientDrained, id.Value, default, default));
        member.Wake();
    }

    /// <summary>The server, or its host, closes: behind what it has sent, and it is told itself.</summary>
    public void HangUp()
    {
        if (!_open[1])
            return;
        Send(1, Segment.Close, default);
        CloseServer();
    }

    /// <summary>The client closes.</summary>
    public void Close()
    {
        if (!_open[0])
            return;
        Send(0, Segment.Close, default);
        CloseClient(tell: false);
    }

    /// <summary>The server wants no more frames, or wants them again.</summary>
    public void Hold(bool hold)
    {
        _held = hold;
        HeldSince = world.Now;
        if (!hold)
            Deliver();
    }

    /// <summary>The member's server is gone; a computer that still runs says so.</summary>
    public void Ended(MemberComputer gone)
    {
        if (_open[1] && gone.IsPowered)
            Send(1, Segment.Reset, default);
        Drop(1);
    }

    /// <summary>The client's program is gone; a computer that still runs says so.</summary>
    public void Ended(ClientComputer gone)
    {
        if (_open[0] && gone.IsPowered)
            Send(0, Segment.Reset, default);
        Drop(0);
    }

    /// <inheritdoc/>
    public void Severed()
    {
        // Each side by itself may run out of patience or not notice before its own timeouts.
        for (var side = 0; side < 2; side++)
            if (_open[side] && network.Between(Node(side), Node(1 - side), default, new(2)).Ticks == 0)
                world.Agenda.Add(
                    world.Now + network.Between(Node(side), Node(1 - side), LeastPatience, MostPatience), this, PatienceEnds + side);
    }

    /// <inheritdoc/>
    public void Mended()
    {
        for (var to = 0; to < 2; to++)
            if (!network.IsCut(Node(1 - to), Node(to)))
                while (_stalled[to].TryDequeue(out var segment))
                    Schedule(to, segment.Kind, segment.Bytes);
    }

    /// <inheritdoc/>
    public void Due(int what, ulong subject, Bytes bytes)
    {
        if (what >= PatienceEnds)
        {
            if (network.IsCutEitherWay(client.Node, member.Node))
                Break(what - PatienceEnds);
        }
        else if ((what & 1) == 0)
            ArriveAtClient((Segment)(what >> 1), bytes);
        else
            ArriveAtMember((Segment)(what >> 1), bytes);
    }

    /// <summary>One side finds its connection broken.</summary>
    private void Break(int side)
    {
        if (!_open[side])
            return;
        world.Counts.Fired(FaultClass.Break);
        _drawn[1 - side]?.Abandoned("the connection broke");
        while (_stalled[1 - side].TryDequeue(out var segment))
            world.Pool.Return(segment.Bytes);
        if (side == 0)
        {
            CloseClient(tell: true);
            client.Wake();
        }
        else
        {
            CloseServer();
            member.Wake();
        }
    }

    private void ArriveAtClient(Segment kind, Bytes bytes)
    {
        _drawn[0]?.Arrived(_open[0] ? null : "nobody is there");
        if (!_open[0])
        {
            world.Pool.Return(bytes);
            if (kind is Segment.Data or Segment.Accept && client.IsPowered)
                Send(0, Segment.Reset, default);
            return;
        }
        switch (kind)
        {
            case Segment.Accept:
                client.Connected(this);
                break;
            case Segment.Data:
                client.Received(this, bytes);
                break;
            default:
                CloseClient(tell: true);
                break;
        }
        client.Wake();
    }

    private void ArriveAtMember(Segment kind, Bytes bytes)
    {
        _drawn[1]?.Arrived(_open[1] || (kind == Segment.Dial && member.IsUp) ? null : "nobody is there");
        if (kind == Segment.Dial && member.IsUp)
        {
            _open[1] = true;
            _life = member.Life;
            member.Opened(this);
            Send(1, Segment.Accept, default);
        }
        else if (!_open[1])
        {
            world.Pool.Return(bytes);
            if (kind is Segment.Data or Segment.Dial && member.IsPowered)
                Send(1, Segment.Reset, default);
            return;
        }
        else if (kind == Segment.Data)
            Take(bytes);
        else
            CloseServer();
        member.Wake();
    }

    /// <summary>What came is split into frames where it lies if nothing waits in front of it.</summary>
    private void Take(Bytes bytes)
    {
        if (_unread.Length - _unreadLength < bytes.Length)
        {
            var larger = world.Pool.Rent(_unreadLength + bytes.Length);
            _unread.AsSpan(0, _unreadLength).CopyTo(larger);
            if (_unread.Length > 0)
                world.Pool.Return(_unread);
            _unread = larger;
        }
        bytes.Span.CopyTo(_unread.AsSpan(_unreadLength));
        _unreadLength += bytes.Length;
        world.Pool.Return(bytes);
        Deliver();
    }

    private void Deliver()
    {
        var done = 0;
        while (!_held && _open[1])
        {
            var kind = _splitter.Next(_unread.AsSpan(done, _unreadLength - done), out var start, out var length, out var consumed);
            if (kind == FrameKind.NeedMore)
                break;
            if (kind == FrameKind.Bad)
            {
                HangUp();
                return;
            }
            member.Post(new(
                (int)(kind == FrameKind.Word ? InputKind.ClientWord : InputKind.ClientFrame), id.Value, default,
                world.Pool.Copy(_unread.AsSpan(done + start, length))));
            done += consumed;
        }
        _unread.AsSpan(done, _unreadLength - done).CopyTo(_unread);
        _unreadLength -= done;
    }

    private void CloseServer()
    {
        if (member.Life == _life)
        {
            member.Closed(this);
            member.Post(new((int)InputKind.ClientClosed, id.Value, default, default));
        }
        Drop(1);
    }

    private void CloseClient(bool tell)
    {
        if (tell)
            client.Closed(this);
        Drop(0);
    }

    private void Drop(int side)
    {
        _open[side] = false;
        if (side == 1 && _unread.Length > 0)
        {
            world.Pool.Return(_unread);
            (_unread, _unreadLength) = ([], 0);
        }
        if (!_open[0] && !_open[1])
            network.Forget(this);
    }

    private void Send(int from, Segment kind, Bytes bytes)
    {
        var to = 1 - from;
        Draw(to, kind, bytes);
        if (kind == Segment.Data && network.Happens(Node(from), Node(to), world.Scenario.Network.ClientBreaks))
        {
            world.Pool.Return(bytes);
            _drawn[to]?.Lost("the connection broke");
            world.Agenda.Add(world.Now, this, ((int)Segment.Reset << 1) | from);
            Draw(to, Segment.Reset, default);
            Schedule(to, Segment.Reset, default);
            world.Counts.Fired(FaultClass.Break);
        }
        else if (_stalled[to].Count > 0 || network.IsCut(Node(from), Node(to)))
            _stalled[to].Enqueue((kind, bytes));
        else
            Schedule(to, kind, bytes);
    }

    private void Schedule(int to, Segment kind, Bytes bytes)
    {
        var at = TrueTime.Later(network.Arrival(Node(1 - to), Node(to), bytes.Length), _lastArrival[to]);
        _lastArrival[to] = at;
        _drawn[to]?.Left(at);
        world.Agenda.Add(at, this, ((int)kind << 1) | to, 0, bytes);
    }

    /// <summary>The first frame of either side is of another kind than those behind it.</summary>
    private void Draw(int to, Segment kind, Bytes bytes)
    {
        if (_drawn[to] is not { } route)
            return;
        route.Sent(bytes.Span, kind != Segment.Data ? kind.ToString() : _spoken[to] ? null : "first");
        _spoken[to] |= kind == Segment.Data;
    }

    private int Node(int side) => side == 0 ? client.Node : member.Node;
}
