using System.Globalization;
using System.Text;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Recipes;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Times;
using Fate = Quorate.Kernel.Clients.Fate;
using Request = Quorate.Simulation.Histories.Request;

namespace Quorate.Simulation.Actors;

/// <summary>
/// A program that stands in a queue: for an office, a lock, a place. The shipped recipe does it, through the shipped client; the program
/// joins,
/// waits, acts while it may, releases, and in between does what programs do: it hesitates, writes, loses patience and connections.
/// </summary>
/// <remarks>When the storm is over it wants one more turn, which shows that the queue moves, and then leaves.</remarks>
internal sealed class Contestant : IActor
{
    private readonly ClientPlan _plan;
    private readonly Trade _trade;
    private readonly IActorPorts _ports;
    private readonly Offices _offices;
    private readonly ClientSettings _settings;
    private readonly ClientDriver _driver;
    private readonly RecipeEffects _effects = new();
    private readonly Arena _record = new();
    private readonly Dictionary<ulong, (Contest Contest, ulong Ticket, OpCode Op)> _asked = [];
    private readonly Scribe? _scribe;
    private readonly Numbers _numbers;
    private readonly Func<TrueTime, Instant?> _clock;
    private readonly Func<Instant, TrueTime> _when;
    private Contest? _contest;
    private Grip _grip;
    private int _places;
    private Hold? _hold;
    private ulong _lastTicket;
    private Instant _nextStep;
    private bool _breaks, _hesitates, _isFinishing, _hasHadLastTurn;

    /// <param name="plan">Who it is.</param>
    /// <param name="trade">What it does.</param>
    /// <param name="ports">What it acts through.</param>
    /// <param name="offices">Where it reports.</param>
    /// <param name="settings">How its client is set.</param>
    /// <param name="numbers">With what numbers it sees the queue.</param>
    /// <param name="clock">What its clock says at a time of the world, for judges; nothing while its computer is down.</param>
    /// <param name="when">At what time of the world its clock says an instant.</param>
    public Contestant(
        ClientPlan plan, Trade trade, IActorPorts ports, Offices offices, ClientSettings settings, Numbers numbers,
        Func<TrueTime, Instant?> clock, Func<Instant, TrueTime> when)
    {
        (_plan, _trade, _ports, _offices, _numbers, _clock, _when) = (plan, trade, ports, offices, numbers, clock, when);
        _settings = settings;
        _driver = new(ports, Learn);
        _scribe = plan.Guarded ? new(trade.Done, plan.Think, ports, Ask) : null;
        Name = string.Create(CultureInfo.InvariantCulture, $"client {plan.Number}");
        offices.Began(Name);
    }

    public string Name { get; }

    public Instant NextDeadline => Instant.Earlier(
        Instant.Earlier(_driver.NextDeadline, DueAt), Instant.Earlier(_scribe?.NextDeadline ?? Instant.Never, IsFinished ? Instant.Never : _nextStep));

    public bool TicksLast => true;

    public bool IsFinished => _isFinishing && _hasHadLastTurn && _contest is null;

    private Instant Now => _ports.Now.Instant;

    private Instant FenceAt => _driver.Client!.FenceAt;

    private Instant DueAt => _contest?.DueAt(FenceAt) ?? Instant.Never;

    public void Start()
    {
        _driver.Begin(_settings);
        _nextStep = Now;
    }

    public void Connected()
    {
        Elapse();
        _driver.Connected();
        GoOn();
    }

    public void Received(ReadOnlySpan<byte> bytes)
    {
        Elapse();
        _driver.Received(bytes);
        GoOn();
    }

    public void Closed()
    {
        Elapse();
        _driver.Closed();
        GoOn();
    }

    public void Tick()
    {
        Elapse();
        _driver.Tick();
        _scribe?.Tick();
        if (_nextStep <= Now)
        {
            _nextStep = Now + _ports.Dice.Between(TimeSpan.Zero, 2 * _plan.Think);
            Step();
        }
        GoOn();
    }

    public void Finish()
    {
        _isFinishing = true;
        _scribe?.Finish();
        _hasHadLastTurn = _hold is not null;
        if (_hold is not null)
            Leave();
        GoOn();
    }

    /// <summary>What is due comes before whatever else has happened, with the fence as it stood.</summary>
    private void Elapse()
    {
        if (_contest is not null && DueAt <= Now)
            Feed(_contest, Input(RecipeInputKind.Tick));
    }

    private void GoOn()
    {
        if (_breaks)
        {
            _breaks = false;
            _driver.Disconnect();
        }
        if (_driver.IsOver)
            _driver.Begin(_settings);
        if (_hold is null)
            return;
        _offices.Exclusion.Look();
        _offices.Dispossession.Acts(_hold, _driver.Client!.Seen, _driver.Client.Timeout, _ports.TrueNow);
    }

    private void Step()
    {
        var dice = (int)_ports.Dice.Below(1000);
        if (_contest is null)
            Join();
        else if (_hold is not null)
            Hold(_hold, dice);
        else if (!_isFinishing)
            Wait(dice);
    }

    private void Join()
    {
        if (IsFinished || _driver.IsOver)
            return;
        var (discipline, grip) = _trade.Disciplines[(int)_ports.Dice.Below((ulong)_trade.Disciplines.Count)];
        var hasPatience = _isFinishing || (int)_ports.Dice.Below(1000) >= _trade.TimesOut;
        (_grip, _places) = (grip, discipline.Places);
        _contest = new(
            new()
            {
                Path = Encoding.UTF8.GetBytes(_trade.Queue),
                Discipline = discipline,
                Data = Encoding.UTF8.GetBytes(Name),
                WaitUntil = hasPatience ? Instant.Never : Now + _ports.Dice.Between(TimeSpan.Zero, _plan.Session),
            },
            _ports.Dice.Next());
        Feed(_contest, Input(RecipeInputKind.Tick));
    }

    private void Wait(int dice)
    {
        if (dice < _trade.Disconnects)
            _breaks = true;
        else if ((dice -= _trade.Disconnects) < _trade.Cancels)
            Leave();
        else if (dice - _trade.Cancels < _trade.Writes && !_contest!.Name.IsEmpty)
            Ask(new Request.SetData(Znode(_contest), Encoding.UTF8.GetBytes(Name + " waits"), -1));
    }

    private void Hold(Hold hold, int dice)
    {
        var mayAct = _contest!.MayAct(Now, FenceAt);
        if (_hesitates)
            _offices.ActLate(hold);
        _hesitates = false;
        if (dice < _trade.Releases)
            Leave();
        else if ((dice -= _trade.Releases) < _trade.Disconnects)
            _breaks = !_isFinishing;
        else if (mayAct)
            Act(hold, dice - _trade.Disconnects);
    }

    /// <summary>It has looked, and may: it acts on what remembers tokens, or on the tree; at once or later.</summary>
    private void Act(Hold hold, int dice)
    {
        if (dice < _trade.Acts)
            _offices.Act(hold, mayAct: true);
        else if ((dice -= _trade.Acts) < _trade.Hesitates)
            _hesitates = true;
        else if ((dice -= _trade.Hesitates) < _trade.Sends)
            _offices.Send(hold, _ports.Dice.Between(TimeSpan.Zero, 2 * _plan.Session));
        else if (_scribe is null || hold.Grip == Grip.Shared)
            return;   // who only reads does not write
        else if ((dice -= _trade.Sends) < _trade.Commits)
            _scribe.Write(after: TimeSpan.Zero);
        else if (dice - _trade.Commits < _trade.Postpones)
            _scribe.Write(_ports.Dice.Between(TimeSpan.Zero, 2 * _plan.Session));
    }

    private void Leave()
    {
        if (_contest is not null)
            Feed(_contest, Input(RecipeInputKind.Leave));
    }

    /// <summary>The session has something to tell.</summary>
    private void Learn(Told told)
    {
        switch (told.Kind)
        {
            case ClientEffectKind.Completed when _scribe?.Learn(told) == true:
                break;
            case ClientEffectKind.Completed when _asked.Remove(told.Ticket, out var asked) && asked.Contest == _contest:
                var done = Input(RecipeInputKind.Done);
                Feed(_contest, new()
                {
                    Now = done.Now,
                    FenceAt = done.FenceAt,
                    Session = done.Session,
                    State = done.State,
                    Kind = done.Kind,
                    Ticket = asked.Ticket,
                    Fate = told.Fate,
                    Error = told.Error,
                    Bytes = _numbers.Inward(asked.Op, told.Bytes),
                });
                break;
            case ClientEffectKind.Event when _contest is not null:
                var seen = Input(RecipeInputKind.Event);
                Feed(_contest, new()
                {
                    Now = seen.Now,
                    FenceAt = seen.FenceAt,
                    Session = seen.Session,
                    State = seen.State,
                    Kind = seen.Kind,
                    Event = told.Event,
                    Bytes = _numbers.Inward(told.Bytes),
                });
                break;
            case ClientEffectKind.State when _contest is not null:
                Feed(_contest, Input(RecipeInputKind.State));
                break;
        }
    }

    private RecipeInput Input(RecipeInputKind kind) => new()
    {
        Now = Now,
        FenceAt = FenceAt,
        Session = _driver.Client!.Session,
        State = _driver.Client.State,
        Kind = kind,
    };

    private void Feed(Contest contest, in RecipeInput input)
    {
        contest.Step(input, _effects);
        // What is asked may be answered at once: by then the next effects must be nobody else's.
        var effects = new (RecipeEffect Effect, byte[] Record)[_effects.Count];
        for (var i = 0; i < effects.Length; i++)
            effects[i] = (_effects[i], _effects.Record(_effects[i]).ToArray());
        _effects.Clear();
        var watches = effects.Count(static pair => pair.Effect is { Kind: RecipeEffectKind.Request, Op: OpCode.GetData or OpCode.Exists });
        _offices.Herd.Watched(Name, watches, _places);
        foreach (var (effect, record) in effects)
            Perform(contest, effect, record);
    }

    private void Perform(Contest contest, in RecipeEffect effect, byte[] record)
    {
        switch (effect.Kind)
        {
            case RecipeEffectKind.Request:
                _asked.Add(++_lastTicket, (contest, effect.Ticket, effect.Op));
                Ask(_lastTicket, effect.Op, record);
                break;
            case RecipeEffectKind.Won:
                Win(contest, effect.Token);
                break;
            case RecipeEffectKind.Ended when _hold is not null:
                _offices.Ended(_hold, effect.Reason);
                _hold = null;
                _hesitates = false;
                break;
            case RecipeEffectKind.Left when contest == _contest:
                _contest = null;
                break;
        }
    }

    private void Win(Contest contest, Zxid token)
    {
        _hold = new(_trade.Queue, Name, Znode(contest), token, _grip, _places)
        {
            MayAct = now => _clock(now) is { } local && contest.MayAct(local, FenceAt),
            Fence = () => _when(FenceAt),
        };
        _offices.Won(_hold);
        if (_isFinishing)
        {
            _hasHadLastTurn = true;
            Leave();
        }
        else if (_grip != Grip.Shared)
            _scribe?.Won(contest.Guard!, new(token, _hold.Znode));
    }

    /// <summary>Its znode, as the service knows it.</summary>
    private string Znode(Contest contest) => _numbers.Outward($"{_trade.Queue}/{Encoding.UTF8.GetString(contest.Name)}");

    /// <summary>What makes, deletes or is guarded is now and then sent into a connection that breaks.</summary>
    private void Ask(ulong ticket, OpCode op, byte[] record)
    {
        _driver.Ask(ticket, op, _numbers.Outward(op, record));
        _breaks |= !_isFinishing && op is OpCode.Create or OpCode.Delete or OpCode.Multi && (int)_ports.Dice.Below(1000) < _trade.Breaks;
    }

    private void Ask(Request request)
    {
        _record.Clear();
        RequestWriter.Write(new(_record), request);
        _driver.Ask(++_lastTicket, request.Op, _record.Written);
    }
}
