using Quorate.Kernel;
using Quorate.Simulation.Drawing;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Net;

/// <summary>
/// The link between two members: one ordered stream that breaks and is made again, or datagrams. Both servers are told when it comes up and
/// when it is gone; what was on the way then is lost.
/// </summary>
/// <remarks>
/// A side is 0 or 1. An epoch is one connection: events of an earlier one are stale. A cut does not break the stream at once: what is sent
/// into it waits, and goes on if the cut is mended before patience ends.
/// </remarks>
internal sealed class PeerLink : IDue, ILink
{
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(200), MostPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeastBackoff = TimeSpan.FromMilliseconds(5), MostBackoff = TimeSpan.FromMilliseconds(300);

    private enum What { Dial, Up0, Up1, Frame0, Frame1, Down0, Down1, Patience, Lapse }

    private readonly World _world;
    private readonly Network _network;
    private readonly int[] _nodes;
    private readonly bool[] _up = new bool[2];
    private readonly uint[] _lives = new uint[2];   // whose connection this is
    private readonly long[] _owed = new long[2];
    private readonly TrueTime[] _lastArrival = new TrueTime[2];
    private readonly Queue<Bytes>[] _stalled = [new(), new()];
    private readonly Route?[] _drawn;
    private ulong _epoch;
    private bool _open;
    private bool _dialing;

    public PeerLink(World world, Network network, int a, int b)
    {
        (_world, _network, _nodes) = (world, network, [a, b]);
        _drawn = [world.Recording?.NewRoute(b, a), world.Recording?.NewRoute(a, b)];
    }

    /// <summary>Bytes that one member owes the other: on the way, or not yet taken up.</summary>
    public long Owed(int to) => _owed[Side(to)];

    /// <summary>Sends a frame from a member to the other.</summary>
    public void Send(int from, ReadOnlySpan<byte> frame)
    {
        var to = 1 - Side(from);
        _drawn[to]?.Sent(frame);
        if (!_up[1 - to])
        {
            _drawn[to]?.Lost("there is no link");
            return;
        }
        if (_owed[to] + frame.Length > _world.Scenario.Network.Capacity)
        {
            _world.Counts.Fired(FaultClass.Overflow);
            _drawn[to]?.Lost("the link owes too much");
            if (!Datagrams)
                Break();
            return;
        }
        if (Datagrams)
            SendDatagram(to, frame);
        else if (_network.Happens(from, _nodes[to], _world.Scenario.Network.Loss))
        {
            _world.Counts.Fired(FaultClass.Break);
            Break();
        }
        else if (_stalled[to].Count > 0 || _network.IsCut(from, _nodes[to]))
        {
            _stalled[to].Enqueue(_world.Pool.Copy(frame));
            _owed[to] += frame.Length;
        }
        else
        {
            _owed[to] += frame.Length;
            Schedule(to, _world.Pool.Copy(frame));
        }
    }

    /// <summary>A member has taken up a frame.</summary>
    public void TakenUp(int node, int length) => _owed[Side(node)] = Math.Max(0, _owed[Side(node)] - length);

    /// <summary>A server began: it dials; what the other still believes to have with its predecessor lapses.</summary>
    public void Began()
    {
        if (_open)
            _world.Agenda.Add(_world.Now + _network.Between(_nodes[0], _nodes[1], LeastBackoff, MostBackoff), this, (int)What.Lapse, _epoch);
        else
            Redial();
    }

    /// <summary>A server is gone. If its computer is not, the other hears of it behind what is on the way.</summary>
    public void Ended(MemberComputer member)
    {
        if (!_open)
            return;
        var gone = Side(member.Node);
        _up[gone] = false;
        var at = member.IsPowered && !_network.IsCut(member.Node, _nodes[1 - gone])
            ? TrueTime.Later(_lastArrival[1 - gone], _network.Arrival(member.Node, _nodes[1 - gone], 0))
            : _world.Now + Patience(gone);
        _world.Agenda.Add(at, this, (int)What.Lapse, _epoch);
    }

    /// <inheritdoc/>
    public void Severed()
    {
        if (_open && !Datagrams)
            _world.Agenda.Add(_world.Now + Patience(0), this, (int)What.Patience, _epoch);
    }

    /// <inheritdoc/>
    public void Mended()
    {
        for (var to = 0; to < 2; to++)
            if (!_network.IsCut(_nodes[1 - to], _nodes[to]))
                while (_stalled[to].TryDequeue(out var frame))
                    Schedule(to, frame);
        if (!_open)
            Redial();
    }

    /// <inheritdoc/>
    public void Due(int what, ulong subject, Bytes bytes)
    {
        switch ((What)what)
        {
            case What.Dial:
                _dialing = false;
                Dial();
                break;
            case What.Up0 or What.Up1 when subject == _epoch:
                Up(what - (int)What.Up0);
                break;
            case What.Frame0 or What.Frame1 when subject == _epoch:
                Arrive(what - (int)What.Frame0, bytes);
                break;
            case What.Frame0 or What.Frame1:
                _world.Pool.Return(bytes);
                break;
            case What.Down0 or What.Down1:
                Down(what - (int)What.Down0, subject);
                break;
            case What.Patience when subject == _epoch && _network.IsCutEitherWay(_nodes[0], _nodes[1]):
                _world.Counts.Fired(FaultClass.Break);
                Break();
                break;
            case What.Lapse when subject == _epoch:
                Break();
                break;
        }
    }

    /// <summary>The connection is gone for both sides, and they will try to make another.</summary>
    private void Break()
    {
        if (!_open)
            return;
        _open = false;
        _epoch++;
        for (var side = 0; side < 2; side++)
        {
            _drawn[side]?.Broke("the link broke");
            _owed[side] = 0;
            while (_stalled[side].TryDequeue(out var frame))
                _world.Pool.Return(frame);
            if (!_up[side])
                continue;
            _up[side] = false;
            _world.Agenda.Add(_world.Now, this, (int)What.Down0 + side, Member(side).Life);
        }
        Redial();
    }

    private void Redial()
    {
        if (_dialing || _open)
            return;
        _dialing = true;
        _world.Agenda.Add(_world.Now + _network.Between(_nodes[0], _nodes[1], LeastBackoff, MostBackoff), this, (int)What.Dial);
    }

    /// <summary>Makes a connection if there is somebody at both ends and a way between them; else whoever changes that dials again.</summary>
    private void Dial()
    {
        if (_open || !Member(0).IsUp || !Member(1).IsUp || _network.IsCutEitherWay(_nodes[0], _nodes[1]))
            return;
        _open = true;
        _epoch++;
        for (var side = 0; side < 2; side++)
        {
            _lives[side] = Member(side).Life;
            _lastArrival[side] = _network.Arrival(_nodes[1 - side], _nodes[side], 0);
            _world.Agenda.Add(_lastArrival[side], this, (int)What.Up0 + side, _epoch);
        }
    }

    private void Up(int side)
    {
        // A server that began while the connection was being made has not asked for it.
        if (!Member(side).IsUp || Member(side).Life != _lives[side])
            return;
        _up[side] = true;
        Member(side).Post(new((int)InputKind.PeerConnected, Member(1 - side).Id.Value, default, default));
        Member(side).Wake();
    }

    private void Down(int side, ulong life)
    {
        if (Member(side).Life != life || !Member(side).IsUp)
            return;
        Member(side).Post(new((int)InputKind.PeerDisconnected, Member(1 - side).Id.Value, default, default));
        Member(side).Wake();
    }

    private void Arrive(int to, Bytes frame)
    {
        _drawn[to]?.Arrived(_up[to] ? null : "nobody is there");
        if (!_up[to])
        {
            _world.Pool.Return(frame);
            return;
        }
        Member(to).Post(new((int)InputKind.PeerFrame, Member(1 - to).Id.Value, default, frame));
        Member(to).Wake();
    }

    private void SendDatagram(int to, ReadOnlySpan<byte> frame)
    {
        var (from, plan) = (_nodes[1 - to], _world.Scenario.Network);
        if (_network.IsCut(from, _nodes[to]))
        {
            _drawn[to]?.Lost("the way is cut");
            return;
        }
        if (_network.Happens(from, _nodes[to], plan.Loss))
        {
            _drawn[to]?.Lost("lost on the way");
            _world.Counts.Fired(FaultClass.Loss);
            return;
        }
        if (_network.SieveOf(from, _nodes[to], frame) is var (how, until))
        {
            _world.Counts.Fired(how == FaultKind.Drop ? FaultClass.Loss : FaultClass.Reorder);
            if (how == FaultKind.Drop)
                _drawn[to]?.Lost("frames of its kind are dropped");
            else
                Delay(to, frame, TrueTime.Later(until, _network.Arrival(from, _nodes[to], frame.Length)));
            return;
        }
        var copies = 1;
        if (_network.Happens(from, _nodes[to], plan.Duplication))
        {
            _world.Counts.Fired(FaultClass.Duplicate);
            copies = 2;
        }
        for (; copies > 0; copies--)
            if (_network.Happens(from, _nodes[to], plan.Reordering))
            {
                _world.Counts.Fired(FaultClass.Reorder);
                var late = _network.Arrival(from, _nodes[to], frame.Length) + _network.Between(from, _nodes[to], default, plan.Floor * 10 + plan.Tail * 10);
                Delay(to, frame, late);
            }
            else
            {
                _owed[to] += frame.Length;
                Schedule(to, _world.Pool.Copy(frame));
            }
    }

    /// <summary>A datagram that others may overtake.</summary>
    private void Delay(int to, ReadOnlySpan<byte> frame, TrueTime at)
    {
        _owed[to] += frame.Length;
        _drawn[to]?.Left(at);
        _world.Agenda.Add(at, this, (int)What.Frame0 + to, _epoch, _world.Pool.Copy(frame));
    }

    private void Schedule(int to, Bytes frame)
    {
        var at = TrueTime.Later(_network.Arrival(_nodes[1 - to], _nodes[to], frame.Length), _lastArrival[to]);
        _lastArrival[to] = at;
        _drawn[to]?.Left(at);
        _world.Agenda.Add(at, this, (int)What.Frame0 + to, _epoch, frame);
    }

    private bool Datagrams => _world.Scenario.Network.Datagrams;

    private int Side(int node) => node == _nodes[0] ? 0 : 1;

    private MemberComputer Member(int side) => _world.MemberAt(_nodes[side]);

    private TimeSpan Patience(int from) => _network.Between(_nodes[from], _nodes[1 - from], LeastPatience, MostPatience);
}
