using Quorate.Kernel;
using Quorate.Simulation.Drawing;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Programs;
using Quorate.Simulation.Times;

namespace Quorate.Simulation;

/// <summary>
/// One world with other people's code in it, from a seed, or from the scenario that a seed came to. The code that describes the world runs
/// like a program: up to its first Storm or Calm it says who is in it, and then it is told how far time is.
/// </summary>
internal sealed class ChaosRun : IDue
{
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);
    private static readonly TimeSpan LastRest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    private const int Ends = 0, Looks = 1, Arrives = 2;

    private readonly Func<ChaosWorld, Task> _plot;
    private readonly Scenario? _given;
    private readonly Recording? _recording;
    private readonly string? _verdict;
    private readonly RunQueue _queue;
    private readonly SortedDictionary<string, ChaosComputer> _computers = new(StringComparer.Ordinal);
    private readonly List<ChaosComputer> _inOrder = [];
    private readonly SortedDictionary<string, ChaosResource> _resources = new(StringComparer.Ordinal);
    private readonly List<(TrueTime From, TrueTime To)> _calms = [];
    private readonly List<Action> _onTheirWay = [];
    private readonly List<Type> _trusted = [];
    private ChaosEnsemble? _ensemble;
    private World? _world;
    private Stretch? _stretch;
    private int _stretches, _brewed;

    /// <summary>A time that passes because the code that describes the world waits for it.</summary>
    private sealed record Stretch(Faults Faults, TimeSpan Duration)
    {
        public TaskCompletionSource Passed { get; } = new();
        public bool HasBegun { get; set; }
    }

    /// <summary>A world of a seed.</summary>
    /// <param name="plot">Describes it.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="keepsTurns">Whether two runs are to be compared.</param>
    public ChaosRun(Func<ChaosWorld, Task> plot, ulong seed, bool keepsTurns = false)
    {
        (_plot, Seed) = (plot, seed);
        Stage = new() { Turns = keepsTurns ? [] : null };
        _queue = new("the code that describes the world", Stage);
    }

    /// <summary>The world of a scenario.</summary>
    /// <param name="plot">Describes it.</param>
    /// <param name="given">What happens in it. Computers that it does not name stay off.</param>
    /// <param name="verdict">What is known to be broken in it: as soon as it is, the run ends.</param>
    /// <param name="recording">Keeps what is to be drawn.</param>
    public ChaosRun(Func<ChaosWorld, Task> plot, Scenario given, string? verdict = null, Recording? recording = null)
        : this(plot, given.Seed) => (_given, _verdict, _recording) = (given, verdict, recording);

    public ulong Seed { get; }

    public Stage Stage { get; }

    /// <summary>Whether the code is read before it runs, for calls that leave the world unseen: once for all runs of a plot.</summary>
    public bool ReadsCode { get; init; }

    /// <summary>The world's time.</summary>
    public TrueTime Now => _world?.Now ?? TrueTime.Start;

    /// <summary>How much has happened; read from other threads.</summary>
    public long Progress => Volatile.Read(ref _world)?.Agenda.Happened ?? 0;

    /// <summary>The name of the computer at a place in the network.</summary>
    public string NameOf(int node) => _world!.Computers[node].Name;

    /// <summary>Who has its turn.</summary>
    public string Who => Stage.Acting?.Name ?? _queue.Name;

    /// <summary>The calms that are over, and the one that lasts.</summary>
    public IReadOnlyList<(TrueTime From, TrueTime To)> Calms => _calms;

    /// <summary>Runs it to its end, or to the first violation.</summary>
    public Outcome Run()
    {
        Task? plot = null;
        try
        {
            _queue.Enter(() => plot = _queue.Begin(() => _plot(new(this))));
            if (plot!.IsFaulted)
                plot.GetAwaiter().GetResult();   // nothing has happened yet: the mistake is the description's own
            var scenario = _given ?? Weathered();
            if (scenario.Check() is { } trouble)
                throw new ArgumentException(trouble);
            _world = new(scenario with { Faults = [] }, recording: _recording, newProgram: NewProgram);
            return _world.Play(() =>
            {
                if (ReadsCode)
                    Read();
                Conduct(plot);
                Verify();
                Abandon();
            });
        }
        finally
        {
            Stage.IsOver = true;
            _queue.End();
        }
    }

    public ChaosEnsemble NewEnsemble(int members, Settings settings)
    {
        DemandPrelude("The ensemble is named");
        if (_ensemble is not null)
            throw new InvalidOperationException("A world has one ensemble, and this one has it already.");
        return _ensemble = new(_given?.Members ?? members, settings);
    }

    public ChaosComputer ComputerOf(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (_computers.TryGetValue(name, out var known))
            return known;
        DemandPrelude($"Computer {name} is named");
        if (!name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
            throw new ArgumentException(
                $"'{name}' cannot be a computer's name: letters, digits, dashes, dots and underscores can.", nameof(name));
        var computer = new ChaosComputer(this, name);
        _computers.Add(name, computer);
        _inOrder.Add(computer);
        return computer;
    }

    public ChaosResource ResourceOf(string name, bool comparesTokens)
    {
        if (!_resources.TryGetValue(name, out var resource))
            _resources.Add(name, resource = new(this, name, comparesTokens));
        if (_verdict is not null)
            foreach (var judge in (Judge[])[resource.Fenced.StaleMaster, resource.Fenced.TokenOrder])
                if (judge.Name == _verdict)
                    judge.Accused = found => _world?.Court.Find(found.Name, found.Finding!);
        return resource;
    }

    /// <summary>What makes a world must be said before its time begins.</summary>
    public void DemandPrelude(string what)
    {
        if (_world is not null)
            throw new InvalidOperationException($"{what} before the first Storm or Calm: time has begun to pass.");
    }

    /// <summary>Code of this type is not read.</summary>
    public void Trust(Type type)
    {
        DemandPrelude("What is trusted is named");
        _trusted.Add(OwnCode.Outermost(type));
    }

    /// <summary>Lets time pass.</summary>
    public Task Let(Faults faults, TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        if (_stretch is not null)
            throw new InvalidOperationException("A storm or a calm is under way already: await it first.");
        _stretch = new(faults, duration);
        return _stretch.Passed.Task;
    }

    public void Require(IReadOnlyList<Requirement> requirements)
    {
        foreach (var requirement in requirements)
            if (requirement.Find() is { } found)
                _world?.Court.Find(requirement.Name, found.Text, found.At);
    }

    /// <summary>Something is on its way and arrives later, whatever becomes of who has sent it.</summary>
    public void Deliver(TimeSpan delay, Action arrival)
    {
        if (_world is not { } world)
            throw new InvalidOperationException("Nothing can be sent before the first Storm or Calm: time does not pass yet.");
        _onTheirWay.Add(arrival);
        world.Agenda.Add(world.Now + delay, this, Arrives, (ulong)_onTheirWay.Count - 1);
    }

    /// <summary>Somebody acted on a resource, or what it had sent did.</summary>
    public void Acted(Act act)
    {
        if (_world is null)
            return;
        _world.Court.Write(act.ToString());
        if (!_computers.TryGetValue(act.Who, out var named) || named.Simulated is not { } computer)
            return;
        _recording?.Said(computer.Node, act.ToString());
        computer.Mark(act.Token.Value, System.Text.Encoding.UTF8.GetBytes(act.What));
    }

    /// <inheritdoc/>
    void IDue.Due(int what, ulong subject, Bytes bytes)
    {
        if (what == Looks)
        {
            Look();
            _world!.Agenda.Add(Now + LookInterval, this, Looks);
            return;
        }
        if (what == Arrives)
        {
            _onTheirWay[(int)subject]();
            return;
        }
        var stretch = _stretch!;
        _stretch = null;
        if (stretch.Faults != Faults.None)
        {
            _world!.Calm();
            _world.Enter(Phase.Calm);
        }
        _queue.Enter(stretch.Passed.SetResult);
    }

    private void Conduct(Task plot)
    {
        var world = _world!;
        world.Enter(Phase.WarmUp);
        world.Agenda.Add(Now + LookInterval, this, Looks);
        if (!LetPass(world.Now + world.Scenario.WarmUp))
            return;
        while (!plot.IsCompleted)
        {
            if (_stretch is { HasBegun: false } stretch)
                Begin(stretch);
            else if (_stretch is null)
            {
                world.Court.Find(
                    "Plot", "The code that describes the world waits for something else than a Storm or a Calm; only they let time pass.");
                return;
            }
            if (!LetPass(world.Now + Patience, () => _stretch is not { HasBegun: true }))
                return;
        }
        if (plot.IsFaulted || plot.IsCanceled)
            plot.GetAwaiter().GetResult();
        if (world.Court.Violation is null)
            Conclude();
    }

    /// <summary>Everybody's code is off; the ensemble has to come to rest, and to close what sessions are left.</summary>
    private void Conclude()
    {
        var world = _world!;
        if (world.Phase != Phase.Calm)
        {
            world.Calm();
            world.Enter(Phase.Calm);
        }
        Look();
        Verify();
        Abandon();
        world.AwaitRest();
        world.RunUntil(world.Now + 4 * world.Scenario.Settings.MaxSessionTimeout + LastRest);
    }

    /// <summary>Nothing that was found counts in a world whose code has left it.</summary>
    private void Verify()
    {
        Stage.AwaitPool();
        if (Stage.Escape is null)
            return;
        Stage.AwaitName();
        _world!.Court.Overrule(nameof(Escape), Located(Stage.Escape).Tell());
    }

    private void Abandon()
    {
        foreach (var computer in _inOrder)
            computer.Simulated?.Abandon();
    }

    /// <summary>Lets events happen until an end, or until something is so; false when something was found.</summary>
    private bool LetPass(TrueTime end, Func<bool>? isEnough = null)
    {
        var world = _world!;
        while (world.Court.Violation is null)
        {
            if (_queue.HasWork)
                _queue.Enter(() => { while (_queue.RunNext()) { } });
            if (Stage.Escape is not null)
                Verify();
            else if (isEnough?.Invoke() == true)
                return world.Court.Violation is null;
            else if (!world.Agenda.Next(end))
                return true;
        }
        return false;
    }

    /// <summary>Reads everybody's code for calls that leave the world without a trace.</summary>
    private void Read()
    {
        if (CodeReading.Look(_plot, _inOrder.SelectMany(static computer => computer.Programs), _trusted) is { } found)
            _world!.Court.Find(nameof(Escape), found);
    }

    /// <summary>Looks what everybody's code waits for.</summary>
    private void Look()
    {
        foreach (var computer in _inOrder)
            if (computer.Simulated?.Look() is { } escape)
                _world!.Court.Find(nameof(Escape), escape.Tell());
    }

    private Escape Located(Escape escape) =>
        _computers.TryGetValue(escape.Program, out var computer) && computer.Simulated is { } simulated ? simulated.Locate(escape) : escape;

    private void Begin(Stretch stretch)
    {
        var world = _world!;
        stretch.HasBegun = true;
        var end = world.Now + stretch.Duration;
        if (stretch.Faults == Faults.None)
            _calms.Add((world.Now, end));
        else
        {
            world.Enter(Phase.Storm);
            world.Brew(FaultsOf(stretch));
        }
        world.Agenda.Add(end, this, Ends);
    }

    /// <summary>What a storm brings: the next part of the given scenario, or what the seed draws.</summary>
    private IReadOnlyList<Fault> FaultsOf(Stretch stretch)
    {
        var from = _world!.Now - TrueTime.Start;
        if (_given is null)
        {
            var part = _world.Scenario with
            {
                Seed = Seed + (ulong)_stretches++ * 0x9E37_79B9_7F4A_7C15,
                WarmUp = from,
                Storm = stretch.Duration
            };
            return new SwarmFaults(part, Weather.Over(stretch.Faults)).Draw();
        }
        var mine = _given.Faults.Skip(_brewed).TakeWhile(fault => fault.At < from + stretch.Duration).ToList();
        _brewed += mine.Count;
        mine.RemoveAll(fault => fault.At < from);
        return mine;
    }

    /// <summary>The world of the seed, but for the faults, which are drawn when storms come.</summary>
    private Scenario Weathered()
    {
        if (_inOrder.Count == 0)
            throw new InvalidOperationException(
                "Nothing runs in this world: give a computer a program, as in world.Computer(\"job\").Run(async computer => ...).");
        var chance = new Chance(Seed, "chaos world");
        var ensemble = _ensemble ?? new(3, new());
        return new()
        {
            Seed = Seed,
            Members = ensemble.Members,
            Settings = ensemble.Settings,
            Limits = ChaosLimits,
            Drift = Swarm.Pick(ref chance, 0, 50, 200, 1000),
            TimerLateness = TimeSpan.FromMicroseconds(Swarm.Pick(ref chance, 20, 100, 2000)),
            Network = new()
            {
                Floor = TimeSpan.FromMicroseconds(Swarm.Pick(ref chance, 50, 200, 2000, 20_000)),
                Tail = TimeSpan.FromMicroseconds(Swarm.Pick(ref chance, 50, 500, 5000)),
            },
            Clients = [.. _inOrder.Select(static (computer, i) => new ClientPlan { Number = i + 1, Program = computer.Name })],
        };
    }

    /// <summary>The bounds of a real server, so that what works there works here.</summary>
    private static Limits ChaosLimits { get; } = Scenario.SmallLimits with
    {
        FrameBytes = new Limits().FrameBytes,
        LogRingBytes = 8 << 20,
        PeerFrameBytes = 2 << 20,
        InflightBytes = 8 << 20,
        RequestBytesPerConnection = 2 << 20,
        UncommittedBytes = 16 << 20,
    };

    private ClientComputer NewProgram(World world, ClientPlan plan, int node, DriftingClock clock)
    {
        if (!_computers.TryGetValue(plan.Program!, out var computer))
            throw new ArgumentException($"The scenario names a computer {plan.Program}, and the code that describes the world does not.");
        return computer.Simulated = new(world, computer.Name, node, plan.Number, clock, Stage, computer.Programs);
    }
}
