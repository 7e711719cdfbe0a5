using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
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
    private readonly Arena _record = new();
    private readonly Dictionary<ulong, Request> _asked = [];
    private readonly ClientDriver _driver;
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
        _driver = new(ports, Learn);
        _diary.Begin(ports.Dice);
    }

    public Instant NextDeadline =>
        _driver.Client is null ? _wakesAt : Instant.Earlier(_driver.NextDeadline, MayStep ? _nextStep : Instant.Never);

    public bool IsFinished => !HasSteps && _asked.Count == 0;

    private Instant Now => _ports.Now.Instant;

    private bool HasSteps => !_isFinishing && _diary.Step < _workload.Steps;

    private bool MayStep => HasSteps && _asked.Count < _workload.Pipelined;

    public void Start() => Begin();

    public void Connected() => _driver.Connected();

    public void Received(ReadOnlySpan<byte> bytes)
    {
        _driver.Received(bytes);
        GoOn();
    }

    public void Closed()
    {
        _driver.Closed();
        GoOn();
    }

    public void Tick()
    {
        if (_wakesAt <= Now)
            Begin();
        _driver.Tick();
        GoOn();
        while (_driver.Client is not null && MayStep && _nextStep <= Now)
            TakeStep();
    }

    public void Finish() => _isFinishing = true;

    private void Begin()
    {
        _wakesAt = Instant.Never;
        _nextStep = Now;
        _driver.Begin(_settings);
    }

    private void TakeStep()
    {
        var dice = _diary.Dice();
        var what = (int)dice.Below(1000);
        // Pauses are rarer and longer than the mean, so that requests pile up behind each other.
        _nextStep = dice.Below((ulong)_workload.Burst) == 0 ? Now + dice.Between(TimeSpan.Zero, 2 * _workload.Burst * _workload.Think) : Now;
        if (what < _workload.Reconnects)
            _driver.Disconnect();
        else if (what < _workload.Reconnects + _workload.Closes)
            Ask(new Request.Plain(OpCode.CloseSession));
        else if (what < _workload.Reconnects + _workload.Closes + _workload.Deaths)
            Die(dice);
        else
            Ask(_errands.Draw(dice, _diary.Step));
        _diary.Step++;
        GoOn();
    }

    private void Ask(Request request)
    {
        _record.Clear();
        RequestWriter.Write(new(_record), request);
        _asked.Add(++_lastTicket, request);
        _driver.Ask(_lastTicket, request.Op, _record.Written);
    }

    private void Die(Dice dice)
    {
        var timeout = _driver.Client!.Timeout;
        _wakesAt = Now + dice.Between(timeout, 3 * timeout);
        _driver.Abandon();
        _asked.Clear();
    }

    /// <summary>One session follows the other.</summary>
    private void GoOn()
    {
        if (HasSteps && _driver.IsOver)
            Begin();
    }

    private void Learn(Told told)
    {
        if (told.Kind == ClientEffectKind.Completed && _asked.Remove(told.Ticket, out var request)
            && told.Fate == Fate.Answered && told.Error == ErrorCode.Ok)
            _errands.Learn(request, told.Bytes);
    }
}
