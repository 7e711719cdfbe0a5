using Quorate.Kernel.Ground;
using Quorate.Simulation.Actors;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Net;
using Quorate.Simulation.Times;

namespace Quorate.Simulation;

/// <summary>
/// The computer of an actor: its clocks, its one connection, and the program itself, made anew whenever the computer starts.
/// </summary>
internal sealed class ActorComputer : ClientComputer, IActorPorts
{
    private enum Kind { Connected, Received, Closed, Finish }

    private readonly Func<IActorPorts, IActor> _program;
    private IActor? _actor;
    private ClientLink? _link;
    private Moment _now;
    private uint _startedLife;

    private readonly ClientTap _tap;
    private readonly Sips _sips = new();

    public ActorComputer(World world, string name, int node, int number, DriftingClock clock, Func<IActorPorts, IActor> program)
        : base(world, name, node, clock)
    {
        _program = program;
        _tap = new(world.Jury.History, number, () => world.Now);
        Dice = new(new Chance(world.Seed, "dice " + name).Next());
    }

    public Moment Now => _now;

    public TrueTime TrueNow => World.Now;

    public Dice Dice { get; }

    public IReadOnlyList<ServerId> Members => World.MemberIds;

    public override MemberComputer? Server => _link?.Member;

    public override bool IsFinished => _actor is null || _actor.IsFinished;

    protected override Instant NextDeadline => Instant.Earlier(_actor!.NextDeadline, _sips.NextAt);

    public override void Finish()
    {
        Post(new((int)Kind.Finish, 0, default, default));
        Wake();
    }

    public void Connect(ServerId member)
    {
        Close();
        _tap.Opened(member);
        _link = World.Network.Connect(this, World.Members[World.NodeOf(member)]);
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || _link is not { } link)
            return;
        _tap.Sent(bytes);
        link.Ask(bytes);
    }

    public void Close()
    {
        var link = _link;
        _link = null;
        _sips.Clear();
        link?.Close();
        _tap.Closed();
    }

    public override void Connected(ClientLink link) => PostOf(link, Kind.Connected, default);

    public override void Received(ClientLink link, Bytes bytes) => PostOf(link, Kind.Received, bytes);

    public override void Closed(ClientLink link) => PostOf(link, Kind.Closed, default);

    protected override void Load() => _actor = _program(this);

    protected override void Unload()
    {
        _tap.Closed();
        _sips.Clear();
        (_actor, _link) = (null, null);
    }

    protected override TimeSpan TakeUp(in Moment now)
    {
        _now = now;
        if (_startedLife != Life)
        {
            _startedLife = Life;
            _actor!.Start();
        }
        if (_sips.TryTake(now.Instant, _actor!.Pace, out var sip))
            TakeIn(_link!, sip);
        if (!_actor!.TicksLast && _actor.NextDeadline <= now.Instant)
            _actor.Tick();
        var inputs = 0;
        for (; inputs < World.Scenario.BatchInputs && TryTakeLetter(out var letter); inputs++)
        {
            Take(letter);
            World.Pool.Return(letter.Bytes);
        }
        if (_actor.TicksLast && InboxLetters == 0 && _actor.NextDeadline <= now.Instant)
            _actor.Tick();
        return new(World.Scenario.InputTime.Ticks * (inputs + 1));
    }

    private void PostOf(ClientLink link, Kind kind, Bytes bytes) => Post(new((int)kind, link.Id.Value, default, bytes));

    private void Take(in Letter letter)
    {
        if ((Kind)letter.Kind == Kind.Finish)
        {
            _actor!.Finish();
            return;
        }
        // What belongs to a connection that the actor has closed in the meantime is none of its business.
        if (_link is null || _link.Id.Value != letter.Subject)
            return;
        switch ((Kind)letter.Kind)
        {
            case Kind.Connected:
                _actor!.Connected();
                break;
            case Kind.Received when _actor!.Pace > TimeSpan.Zero || _sips.NextAt != Instant.Never:
                _sips.Add(letter.Bytes.Span, _now.Instant);
                break;
            case Kind.Received:
                TakeIn(_link, letter.Bytes.Span);
                break;
            case Kind.Closed:
                _link = null;
                _sips.Clear();
                _tap.Closed();
                _actor!.Closed();
                break;
        }
    }

    private void TakeIn(ClientLink link, ReadOnlySpan<byte> bytes)
    {
        link.TakenUp(bytes.Length);
        _tap.Received(bytes);
        link.Session = _tap.Session;
        if (_tap.Fault is { } fault)
            World.Court.Find("Protocol", $"{Name} got {fault}.");
        _actor!.Received(bytes);
    }
}
