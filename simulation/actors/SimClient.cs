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
internal sealed class SimClient : ClientActor
{
    private readonly ClientSettings _settings;
    private readonly Workload _workload;
    private readonly Diary _diary;
    private readonly Errands _errands;
    private Instant _nextStep;
    private Instant _wakesAt = Instant.Never;

    /// <param name="ports">What it acts through.</param>
    /// <param name="workload">What it does.</param>
    /// <param name="number">Which client it is.</param>
    /// <param name="diary">How far it has come.</param>
    /// <param name="frameBytes">The longest frame that servers read.</param>
    public SimClient(IActorPorts ports, Workload workload, int number, Diary diary, int frameBytes)
        : base(ports)
    {
        (_workload, _diary) = (workload, diary);
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

    public override Instant NextDeadline =>
        Driver.Client is null ? _wakesAt : Instant.Earlier(Driver.NextDeadline, MayStep ? _nextStep : Instant.Never);

    public override bool IsFinished => !HasSteps && Unanswered == 0;

    private bool HasSteps => !IsFinishing && _diary.Step < _workload.Steps;

    private bool MayStep => HasSteps && Unanswered < _workload.Pipelined;

    public override void Start() => Begin();

    public override void Tick()
    {
        if (_wakesAt <= Now)
            Begin();
        Driver.Tick();
        GoOn();
        while (Driver.Client is not null && MayStep && _nextStep <= Now)
            TakeStep();
    }

    private void Begin()
    {
        _wakesAt = Instant.Never;
        _nextStep = Now;
        Driver.Begin(_settings);
    }

    private void TakeStep()
    {
        var dice = _diary.Dice();
        var what = (int)dice.Below(1000);
        // Pauses are rarer and longer than the mean, so that requests pile up behind each other.
        _nextStep = dice.Below((ulong)_workload.Burst) == 0
            ? Now + dice.Between(TimeSpan.Zero, 2 * _workload.Burst * _workload.Think)
            : Now;
        if (what < _workload.Reconnects)
            Driver.Disconnect();
        else if (what < _workload.Reconnects + _workload.Closes)
            Ask(new Request.Plain(OpCode.CloseSession));
        else if (what < _workload.Reconnects + _workload.Closes + _workload.Deaths)
            Die(dice);
        else
            Ask(_errands.Draw(dice, _diary.Step));
        _diary.Step++;
        GoOn();
    }

    private void Die(Dice dice)
    {
        var timeout = Driver.Client!.Timeout;
        _wakesAt = Now + dice.Between(timeout, 3 * timeout);
        Driver.Abandon();
        Forget();
    }

    protected override void GoOn()
    {
        if (HasSteps && Driver.IsOver)
            Begin();
    }

    protected override void Answered(Request request, Told told)
    {
        if (told.Fate == Fate.Answered && told.Error == ErrorCode.Ok)
            _errands.Learn(request, told.Bytes);
    }
}
