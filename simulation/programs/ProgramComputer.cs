using Quorate.Client;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Net;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Programs;

/// <summary>
/// A computer on which other people's asynchronous code runs, with the client that they use in production. While it is paused nothing of it
/// runs, and its timers are late; when it crashes the code is forgotten where it was, its connections end, and it begins anew.
/// </summary>
internal sealed class ProgramComputer : ClientComputer
{
    private enum Kind { Connected, Received, Closed }

    /// <summary>What a turn of a program counts as in the digest of a run, and what an act does.</summary>
    private const int TurnMark = 200, ActMark = 201;

    private const int FramesMost = 6;

    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<Func<Task>> _programs;
    private readonly SortedDictionary<ulong, ProgramLink> _links = [];
    private readonly List<ClientTap> _taps = [];
    private readonly int _number;
    private Chance _seeds;
    private uint _startedLife;

    public ProgramComputer(
        World world, string name, int node, int number, DriftingClock clock, Stage stage, IReadOnlyList<Func<Task>> programs)
        : base(world, name, node, clock)
    {
        (_number, Stage, _programs) = (number, stage, programs);
        Time = new(this);
        _seeds = new(world.Seed, "program " + name);
    }

    public Stage Stage { get; }

    public ProgramTime Time { get; }

    /// <summary>Its programs since it was started last; null while it is off.</summary>
    public Life? Running { get; private set; }

    /// <summary>Both clocks.</summary>
    public Moment Now => Clock.Read(World.Now);

    public override MemberComputer? Server => _links.Count > 0 ? _links.Values.Last().Member : null;

    public override bool IsFinished => Running is null || Running.Roots.TrueForAll(static root => root.IsCompleted);

    protected override bool HasWork => base.HasWork || Running is { HasWork: true };

    protected override Instant NextDeadline => Running?.NextDeadline ?? Instant.Never;

    /// <summary>A number of this computer's own chance.</summary>
    public ulong Draw() => _seeds.Next();

    /// <summary>Something of its programs waits for a turn.</summary>
    public void HasMore()
    {
        if (Stage.Acting != this)
            Attend();
    }

    /// <summary>A program did something that counts: two runs of one seed do the same.</summary>
    public void Mark(long what, ReadOnlySpan<byte> bytes) => World.Digest.Add(Node, ActMark, (ulong)what, World.Now.Ticks, bytes);

    public ProgramLink Connect(MemberComputer member, ILinkOwner owner)
    {
        var link = new ProgramLink(this, World.Network.Connect(this, member), owner);
        _links.Add(link.Number, link);
        return link;
    }

    /// <summary>Who writes the history of a connection: of each session one, so that each counts as a client of its own.</summary>
    public ClientTap TapOf(ReadOnlySpan<byte> frame)
    {
        var asks = ConnectRequest.TryRead(frame, out var request) ? request.Session : default;
        if (asks != default && _taps.Find(tap => tap.Session == asks) is { } known)
            return known;
        var tap = new ClientTap(World.Jury.History, _number + _taps.Count * World.Scenario.Clients.Count, () => World.Now);
        _taps.Add(tap);
        return tap;
    }

    /// <summary>The program has closed a connection.</summary>
    public void Forget(ProgramLink link) => _links.Remove(link.Number);

    /// <summary>Whether one of its programs waits for something outside of the world.</summary>
    public Escape? Look()
    {
        foreach (var root in Running?.Roots ?? [])
            if (Suspended.Look(Name, root) is { } escape)
                return escape;
        return null;
    }

    /// <summary>What is known of an escape, and where its programs stand if it is not known where that came about.</summary>
    public Escape Locate(Escape escape) => escape.Method is not null
        ? escape
        : Look() ?? escape with { Method = Running?.Roots.Select(Suspended.Where).FirstOrDefault(static method => method is not null) };

    /// <summary>It is off for good.</summary>
    public void Abandon()
    {
        if (IsUp)
            SwitchOff();
    }

    public override void Finish() { }

    public override void Connected(ClientLink link) => PostOf(link, Kind.Connected, default);

    public override void Received(ClientLink link, Bytes bytes) => PostOf(link, Kind.Received, bytes);

    public override void Closed(ClientLink link) => PostOf(link, Kind.Closed, default);

    protected override void Load() => Running = new(this, Stage);

    protected override void Unload()
    {
        Running?.End();
        Running = null;
        foreach (var tap in _taps)
            tap.Closed();
        _links.Clear();
    }

    protected override TimeSpan TakeUp(in Moment now)
    {
        var (life, instant, steps) = (Running!, now.Instant, 0);
        Stage.Acting = this;
        try
        {
            life.Enter(() => steps = Turn(life, instant));
        }
        catch (Exception problem)
        {
            Fail(problem);
        }
        finally
        {
            Stage.Acting = null;
        }
        World.Digest.Add(Node, TurnMark, (ulong)steps, World.Now.Ticks, default);
        Stage.Turns?.Add(new(World.Now, Node, steps));
        return World.Scenario.BatchTime + World.Scenario.InputTime * steps;
    }

    private int Turn(Life life, Instant now)
    {
        if (_startedLife != Life)
        {
            _startedLife = Life;
            foreach (var program in _programs)
                _ = Live(life, program);
        }
        var steps = 0;
        for (; steps < World.Scenario.BatchInputs && TryTakeLetter(out var letter); steps++)
        {
            Take(letter);
            World.Pool.Return(letter.Bytes);
        }
        life.FireDue(now);
        while (steps < World.Scenario.BatchInputs && life.RunNext())
            steps++;
        return steps;
    }

    /// <summary>
    /// A program, for as long as the computer runs. One that ends because the service could not be reached, or its session is over, is
    /// started again as a supervisor would; any other exception fails the run.
    /// </summary>
    private async Task Live(Life life, Func<Task> program)
    {
        while (true)
        {
            try
            {
                var root = life.Begin(program);
                life.Roots.Add(root);
                await root;
                return;
            }
            catch (ZooException problem) when (problem is ConnectionLossException or SessionExpiredException)
            {
                World.Court.Write($"{Name} ended, and is started again: {problem.Message}");
            }
            catch (Exception problem)
            {
                Fail(problem);
                return;
            }
            life.Roots.RemoveAll(static root => root.IsCompleted);
            await Task.Delay(RestartPause, Time);
        }
    }

    private void Fail(Exception problem)
    {
        World.Court.Write($"{Name} failed: {problem}");
        World.Court.Find("Exception", $"{Name} failed: {problem.GetType().FullName}: {problem.Message}{Frames(problem)}");
    }

    /// <summary>Where it was thrown, as far as it was in the program's own code.</summary>
    private static string Frames(Exception problem) => string.Concat((problem.StackTrace ?? "").Split('\n')
        .Select(static frame => frame.Trim())
        .Where(static frame =>
            frame.StartsWith("at ", StringComparison.Ordinal) && !frame.StartsWith("at System.", StringComparison.Ordinal))
        .Take(FramesMost).Select(static frame => "; " + frame));

    private void PostOf(ClientLink link, Kind kind, Bytes bytes) => Post(new((int)kind, link.Id.Value, default, bytes));

    private void Take(in Letter letter)
    {
        // What belongs to a connection that the program has closed in the meantime is none of its business.
        if (!_links.TryGetValue(letter.Subject, out var link))
            return;
        switch ((Kind)letter.Kind)
        {
            case Kind.Connected:
                link.Opened();
                break;
            case Kind.Received:
                link.Received(letter.Bytes);
                break;
            case Kind.Closed:
                _links.Remove(letter.Subject);
                link.Closed();
                break;
        }
    }
}
