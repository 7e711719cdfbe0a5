using System.Globalization;
using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Simulation.Actors;

/// <summary>
/// Changes who the members are: does what lies on the <see cref="Desk"/>, one reconfig after the other, as the super user. What it does not
/// hear the end of it asks for again, which changes nothing if it was done.
/// </summary>
/// <remarks>Like the probe it speaks the protocol by itself.</remarks>
internal sealed class Operator : IActor
{
    /// <summary>The name of its workload.</summary>
    public const string Name = "operator";

    /// <summary>The super user of every server that has an operator: super:secret.</summary>
    public const string SuperDigest = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=";

    private const int TriesMost = 6;
    private const int AuthXid = -4, PingXid = -2;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    private readonly ClientPlan _plan;
    private readonly IActorPorts _ports;
    private readonly Desk _desk;
    private readonly Court _court;
    private readonly Inlet _inlet = new();
    private readonly Arena _arena = new();
    private readonly SpokenSession _session;
    private long _zxid;
    private int _xid, _waitsFor, _tries;
    private bool _attached;
    private Instant _next, _heard, _pinged;

    public Operator(ClientPlan plan, IActorPorts ports, Desk desk, Court court) =>
        (_plan, _ports, _desk, _court, _session) = (plan, ports, desk, court, new(ports, plan));

    public Instant NextDeadline { get; private set; } = Instant.Never;

    public bool IsFinished => _desk.IsEmpty && _waitsFor == 0;

    private Instant Now => _ports.Now.Instant;

    private TimeSpan Patience => TimeSpan.FromMilliseconds(_session.Timeout * 2 / 3);

    public void Start() => Dial();

    public void Connected() { }

    public void Closed() => Pause();

    public void Finish() { }

    public void Tick()
    {
        if (!_attached)
        {
            if (_next <= Now)
                Dial();
            return;
        }
        if (Now - _heard > Patience)
        {
            _ports.Close();
            Pause();
            return;
        }
        if (Now - _pinged >= Patience / 2)
        {
            _pinged = Now;
            Send(PingXid, OpCode.Ping, static _ => { });
        }
        if (_waitsFor == 0 && _next <= Now && _desk.TryNext(out var change, out var id))
            Ask(change, id);
        _next = Instant.Later(_next, Now + LookInterval);
        NextDeadline = _next;
    }

    public void Received(ReadOnlySpan<byte> bytes)
    {
        _inlet.Append(bytes);
        _heard = Now;
        while (_inlet.TryTake(out var frame))
            if (_attached)
                Answered(frame);
            else
                Attached(frame);
    }

    private void Dial()
    {
        _inlet.Clear();
        _session.Ask(_zxid, _arena);
        NextDeadline = _next = Now + _plan.Session / 4;
    }

    private void Pause()
    {
        (_attached, _waitsFor) = (false, 0);
        NextDeadline = _next = Now + _ports.Dice.Between(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(300));
    }

    private void Attached(ReadOnlySpan<byte> frame)
    {
        if (!_session.IsGranted(frame))
        {
            Pause();
            return;
        }
        _attached = true;
        Send(AuthXid, OpCode.Auth, static writer => RequestRecord.Auth(writer, "digest"u8, "super:secret"u8));
        NextDeadline = _next = _pinged = Now;
    }

    private void Ask(MemberChange change, ServerId id)
    {
        _waitsFor = ++_xid;
        var role = change == MemberChange.Observe ? "observer" : "participant";
        var line = string.Create(CultureInfo.InvariantCulture, $"server.{id}=10.0.0.{id}:2888:3888:{role};10.0.0.{id}:2181");
        var isRemoved = change == MemberChange.Remove;
        _court.Write(string.Create(CultureInfo.InvariantCulture, $"the operator asks to {TextOf.Name(change)} {id}."));
        Send(_waitsFor, OpCode.Reconfig, writer =>
        {
            writer.Buffer(Encoding.ASCII.GetBytes(line), isNull: isRemoved);
            writer.Buffer(Encoding.ASCII.GetBytes(id.ToString()), isNull: !isRemoved);
            writer.Null();
            writer.Long(-1);
        });
    }

    private void Answered(ReadOnlySpan<byte> frame)
    {
        var reader = new JuteReader(frame);
        var xid = reader.Int();
        _zxid = Math.Max(_zxid, reader.Long());
        var error = (ErrorCode)reader.Int();
        if (xid != _waitsFor)
            return;
        _waitsFor = 0;
        _court.Write($"the operator is answered {error}.");
        switch (error)
        {
            case ErrorCode.Ok:
                _desk.Done();
                break;
            // Too few voters would be left, another change is under way, or somebody who is needed is not there yet.
            case ErrorCode.BadArguments or ErrorCode.ReconfigInProgress or ErrorCode.NewConfigNoQuorum:
                TryAgain();
                return;
            default:
                _court.Find(Name, $"A reconfig was answered {error}.");
                break;
        }
        _tries = 0;
    }

    private void TryAgain()
    {
        _next = Now + _ports.Dice.Between(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(500));
        if (_desk.IsOwed || ++_tries < TriesMost)
            return;
        _tries = 0;
        _desk.Finished();
    }

    private void Send(int xid, OpCode op, Action<JuteWriter> record)
    {
        _arena.Clear();
        var writer = new JuteWriter(_arena);
        var frame = writer.BeginFrame();
        writer.Int(xid);
        writer.Int((int)op);
        record(writer);
        writer.EndFrame(frame);
        _ports.Send(_arena.Written);
    }
}
