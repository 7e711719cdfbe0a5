using System.Globalization;
using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Simulation.Actors;

/// <summary>
/// The plainest client that can be wrong about nothing: it alone writes one znode, rising numbers only, and reads it back. What it reads is
/// never less than what it was told is written, and never more than what it has written.
/// </summary>
/// <remarks>
/// It speaks the protocol by itself, so that it does not share a mistake with the client whose part the workloads are played with.
/// </remarks>
internal sealed class Probe : IActor
{
    private const int PipelineMost = 4;

    private readonly ClientPlan _plan;
    private readonly IActorPorts _ports;
    private readonly Court _court;
    private readonly byte[] _path;
    private readonly Arena _arena = new();
    private readonly Queue<(int Xid, OpCode Op, long Value)> _asked = new();
    private readonly SpokenSession _session;
    private FrameSplitter _splitter = new(1 << 20);
    private byte[] _received = new byte[1 << 10];
    private int _receivedLength;
    private int _xid;
    private int _left;
    private long _sent, _acknowledged;
    private long _zxid;
    private bool _attached, _made, _finishing;
    private Instant _next, _heard;

    public Probe(ClientPlan plan, IActorPorts ports, Court court)
    {
        (_plan, _ports, _court, _session, _left) = (plan, ports, court, new(ports, plan), plan.Operations);
        _path = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/probe-{plan.Number}-{ports.Dice.Next():x16}"));
    }

    public Instant NextDeadline { get; private set; } = Instant.Never;

    public bool IsFinished => (_left == 0 || _finishing) && _asked.Count == 0 && _attached;

    private Instant Now => _ports.Now.Instant;

    public void Start() => Dial();

    public void Connected() { }

    public void Closed() => Pause();

    public void Finish() => _finishing = true;

    public void Tick()
    {
        if (!_attached && _next <= Now)
            Dial();
        else if (_attached && Now - _heard > TimeSpan.FromMilliseconds(_session.Timeout * 2 / 3))
        {
            _ports.Close();
            Pause();
        }
        else if (_attached)
            Work();
        Schedule();
    }

    public void Received(ReadOnlySpan<byte> bytes)
    {
        if (_received.Length - _receivedLength < bytes.Length)
            Array.Resize(ref _received, (_receivedLength + bytes.Length) * 2);
        bytes.CopyTo(_received.AsSpan(_receivedLength));
        _receivedLength += bytes.Length;
        _heard = Now;
        var done = 0;
        while (_splitter.Next(_received.AsSpan(done, _receivedLength - done), out var start, out var length, out var consumed) == FrameKind.Frame)
        {
            var frame = _received.AsSpan(done + start, length);
            done += consumed;
            if (_attached)
                Answered(frame);
            else
                Attached(frame);
        }
        _received.AsSpan(done, _receivedLength - done).CopyTo(_received);
        _receivedLength -= done;
        Schedule();
    }

    private void Dial()
    {
        (_attached, _receivedLength) = (false, 0);
        _splitter = new(1 << 20);
        _session.Ask(_zxid, _arena);
        _next = Now + _plan.Session / 8;   // whoever does not answer may be gone for good
        NextDeadline = _next;
    }

    /// <summary>What was under way is unknown; after a while it looks for another member.</summary>
    private void Pause()
    {
        _attached = false;
        _asked.Clear();
        _next = Now + _ports.Dice.Between(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(500));
        Schedule();
    }

    private void Attached(ReadOnlySpan<byte> frame)
    {
        if (!_session.IsGranted(frame))
        {
            Pause();
            return;
        }
        _attached = true;
        if (_made)
            Ask(OpCode.GetData, 0);
        else
            Ask(OpCode.Create, 0);
        _next = Now;
    }

    private void Work()
    {
        if (_next > Now)
            return;
        _next = Now + _ports.Dice.Between(_plan.Think / 2, _plan.Think * 3 / 2);
        if (_finishing || _left == 0 || !_made || _asked.Count >= PipelineMost)
        {
            if (_asked.Count == 0)
                Ask(OpCode.Ping, 0);
            _next = Now + TimeSpan.FromMilliseconds(_session.Timeout / 3);
            return;
        }
        _left--;
        if (_ports.Dice.Below(2) == 0)
            Ask(OpCode.SetData, ++_sent);
        else
            Ask(OpCode.GetData, _acknowledged);
    }

    /// <param name="op">What is asked.</param>
    /// <param name="value">What a write writes; what a read must find at least.</param>
    private void Ask(OpCode op, long value)
    {
        _arena.Clear();
        var writer = new JuteWriter(_arena);
        var frame = writer.BeginFrame();
        var xid = op == OpCode.Ping ? -2 : ++_xid;
        writer.Int(xid);
        writer.Int((int)op);
        if (op != OpCode.Ping)
            writer.Buffer(_path);
        switch (op)
        {
            case OpCode.Create:
                writer.Buffer("0"u8);
                writer.Int(1);
                writer.Int(31);
                writer.Buffer("world"u8);
                writer.Buffer("anyone"u8);
                writer.Int(0);
                break;
            case OpCode.SetData:
                writer.Buffer(Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
                writer.Int(-1);
                break;
            case OpCode.GetData:
                writer.Bool(false);
                break;
        }
        writer.EndFrame(frame);
        _ports.Send(_arena.Written);
        if (op != OpCode.Ping)
            _asked.Enqueue((xid, op, value));
    }

    private void Answered(ReadOnlySpan<byte> frame)
    {
        var reader = new JuteReader(frame);
        var xid = reader.Int();
        var zxid = reader.Long();
        var error = (ErrorCode)reader.Int();
        if (xid == -2)
            return;
        if (!_asked.TryDequeue(out var asked) || asked.Xid != xid)
        {
            Accuse($"was answered xid {xid} where xid {asked.Xid} was next");
            return;
        }
        if (zxid < _zxid)
            Accuse($"was answered at zxid 0x{zxid:x} after 0x{_zxid:x}");
        _zxid = zxid;
        switch (asked.Op)
        {
            case OpCode.Create when error is ErrorCode.Ok or ErrorCode.NodeExists:
                _made = true;
                break;
            case OpCode.SetData when error == ErrorCode.Ok:
                _acknowledged = asked.Value;
                break;
            case OpCode.GetData when error == ErrorCode.Ok:
                Judge(asked.Value, long.Parse(reader.Buffer(out _), CultureInfo.InvariantCulture));
                break;
            default:
                Accuse($"{asked.Op} was answered {error}");
                break;
        }
    }

    private void Judge(long least, long found)
    {
        if (found < least)
            Accuse($"read {found} although {least} had been acknowledged");
        else if (found > _sent)
            Accuse($"read {found} although it has written no more than {_sent}");
    }

    private void Accuse(string text) =>
        _court.Find(
            nameof(Probe), string.Create(CultureInfo.InvariantCulture, $"client {_plan.Number} (session 0x{_session.Id:x}) {text}."));

    private void Schedule()
    {
        var silence = _attached ? _heard + TimeSpan.FromMilliseconds(_session.Timeout * 2 / 3 + 1) : Instant.Never;
        NextDeadline = Instant.Earlier(_next, silence);
    }
}
