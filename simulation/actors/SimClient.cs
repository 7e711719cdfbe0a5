using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Fate = Quorate.Kernel.Clients.Fate;
using Request = Quorate.Simulation.Histories.Request;

namespace Quorate.Simulation.Actors;

/// <summary>
/// A program that uses the service through the shipped client: asks, pauses, changes servers, closes its session or vanishes, as its
/// workload has it. One session follows another for as long as there are steps left.
/// </summary>
internal sealed class SimClient : IActor
{
    private readonly IActorPorts _ports;
    private readonly ClientSettings _settings;
    private readonly Workload _workload;
    private readonly Diary _diary;
    private readonly Errands _errands;
    private readonly ClientEffects _effects = new();
    private readonly Arena _record = new();
    private readonly Dictionary<ulong, Request> _asked = [];
    private readonly Inlet _inlet = new();
    private Kernel.Clients.Client? _client;       // null while it is dead
    private ulong _link;
    private ulong _lastTicket;
    private Instant _nextStep;
    private Instant _wakesAt = Instant.Never;
    private bool _isFinishing;

    /// <param name="ports">What it acts through.</param>
    /// <param name="workload">What it does.</param>
    /// <param name="number">Which client it is.</param>
    /// <param name="diary">How far it has come.</param>
    /// <param name="frameBytes">The longest frame that servers read.</param>
    public SimClient(IActorPorts ports, Workload workload, int number, Diary diary, int frameBytes)
    {
        (_ports, _workload, _diary) = (ports, workload, diary);
        _settings = new()
        {
            Servers = ports.Members.Count,
            SessionTimeout = workload.Session,
            FrameBytes = frameBytes,
            RearmingBytes = Math.Min(frameBytes, 1024),   // short, so that setting watches again takes several frames
        };
        _errands = new(workload, number);
        _diary.Begin(ports.Dice);
    }

    public Instant NextDeadline =>
        _client is null ? _wakesAt : Instant.Earlier(_client.NextDeadline, MayStep ? _nextStep : Instant.Never);

    public bool IsFinished => !HasSteps && _asked.Count == 0;

    private Instant Now => _ports.Now.Instant;

    private bool HasSteps => !_isFinishing && _diary.Step < _workload.Steps;

    private bool MayStep => HasSteps && _asked.Count < _workload.Pipelined;

    public void Start() => Begin();

    public void Connected() => Step(new() { Now = Now, Kind = ClientInputKind.Opened, Subject = _link });

    public void Received(ReadOnlySpan<byte> bytes)
    {
        _inlet.Append(bytes);
        // A frame may end the connection, and with it what came behind the frame.
        while (_inlet.TryTake(out var frame))
            Step(new() { Now = Now, Kind = ClientInputKind.Frame, Subject = _link, Bytes = frame });
    }

    public void Closed()
    {
        _inlet.Clear();
        Step(new() { Now = Now, Kind = ClientInputKind.Closed, Subject = _link });
    }

    public void Tick()
    {
        if (_wakesAt <= Now)
            Begin();
        if (_client is not null && _client.NextDeadline <= Now)
            Step(new() { Now = Now, Kind = ClientInputKind.Tick });
        while (_client is not null && MayStep && _nextStep <= Now)
            TakeStep();
    }

    public void Finish() => _isFinishing = true;

    private void Begin()
    {
        _wakesAt = Instant.Never;
        _nextStep = Now;
        _link = 0;
        _client = new(_settings, _ports.Dice.Next());
    }

    private void TakeStep()
    {
        var dice = _diary.Dice();
        var what = (int)dice.Below(1000);
        // Pauses are rarer and longer than the mean, so that requests pile up behind each other.
        _nextStep = dice.Below((ulong)_workload.Burst) == 0 ? Now + dice.Between(TimeSpan.Zero, 2 * _workload.Burst * _workload.Think) : Now;
        if (what < _workload.Reconnects)
            Reconnect();
        else if (what < _workload.Reconnects + _workload.Closes)
            Ask(new Request.Plain(OpCode.CloseSession));
        else if (what < _workload.Reconnects + _workload.Closes + _workload.Deaths)
            Die(dice);
        else
            Ask(_errands.Draw(dice, _diary.Step));
        _diary.Step++;
    }

    private void Ask(Request request)
    {
        _record.Clear();
        RequestWriter.Write(new(_record), request);
        _asked.Add(++_lastTicket, request);
        Step(new() { Now = Now, Kind = ClientInputKind.Request, Subject = _lastTicket, Op = request.Op, Bytes = _record.Written });
    }

    private void Reconnect()
    {
        HangUp();
        Step(new() { Now = Now, Kind = ClientInputKind.Closed, Subject = _link });
    }

    private void Die(Dice dice)
    {
        _wakesAt = Now + dice.Between(_client!.Timeout, 3 * _client.Timeout);
        HangUp();
        _asked.Clear();
        _client = null;
    }

    private void HangUp()
    {
        _ports.Close();
        _inlet.Clear();
    }

    private void Step(in ClientInput input)
    {
        if (_client is null)
            return;
        _client.Step(input, _effects);
        for (var i = 0; i < _effects.Count; i++)
            Perform(_effects[i]);
        _effects.Clear();
        if (_client.Fault >= LinkFault.OtherSession)
            Invariant.Broken($"a server broke the protocol towards a client: {_client.Fault}");
        if (HasSteps && _client.State is SessionState.Expired or SessionState.Closed or SessionState.AuthFailed)
            Begin();
    }

    private void Perform(in ClientEffect effect)
    {
        switch (effect.Kind)
        {
            case ClientEffectKind.Connect:
                _link = effect.Subject;
                _ports.Connect(_ports.Members[effect.Server]);
                break;
            case ClientEffectKind.Send:
                _ports.Send(_effects.Bytes(effect));
                break;
            case ClientEffectKind.HangUp:
                HangUp();
                break;
            case ClientEffectKind.Completed when _asked.Remove(effect.Subject, out var request):
                if (effect.Fate == Fate.Answered && effect.Error == ErrorCode.Ok)
                    _errands.Learn(request, _effects.Bytes(effect));
                break;
        }
    }
}
