using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Simulation.Times;

namespace Quorate.Simulation;

/// <summary>Something that arrived at a computer and waits to be taken up.</summary>
internal readonly record struct Letter(int Kind, ulong Subject, DiskOutcome Outcome, Bytes Bytes);

/// <summary>
/// A computer with one process on it and clocks of its own. What arrives waits in its inbox until the process has time for it; a process
/// that is busy or paused finds everything at once afterwards, as one batch.
/// </summary>
/// <remarks>One kind of event serves all: attention. It is asked for when something arrives and when the process's own deadline will come by
/// this computer's clock; attention that came too early is asked for again.</remarks>
internal abstract class Computer : IDue
{
    private readonly Queue<Letter> _inbox = new();
    private TrueTime _attendAt = TrueTime.Never;
    private TrueTime _freeAt;
    private Chance _lateness;

    protected Computer(World world, string name, int node, DriftingClock clock)
    {
        (World, Name, Node, Clock) = (world, name, node, clock);
        _lateness = new(world.Seed, "lateness " + name);
    }

    public World World { get; }

    /// <summary>What scenarios call it.</summary>
    public string Name { get; }

    /// <summary>Its place in the network.</summary>
    public int Node { get; }

    public DriftingClock Clock { get; }

    /// <summary>Whether its process runs, paused or not.</summary>
    public bool IsUp { get; protected set; }

    /// <summary>Whether there is anybody who would say that no process is there.</summary>
    public bool IsPowered { get; protected set; } = true;

    /// <summary>How many processes it has had: what was meant for an earlier one does not reach the present one.</summary>
    public uint Life { get; protected set; }

    /// <summary>Until when its process stands still, at least.</summary>
    public TrueTime PausedUntil { get; private set; }

    public int InboxLetters => _inbox.Count;
    public long InboxBytes { get; private set; }

    /// <summary>Whether there is something to be taken up.</summary>
    protected virtual bool HasWork => _inbox.Count > 0;

    /// <summary>The process's next deadline on the computer's own clock.</summary>
    protected abstract Instant NextDeadline { get; }

    /// <summary>Lets the process take up what is in the inbox, or its deadline. Returns how long it takes.</summary>
    protected abstract TimeSpan TakeUp(in Moment now);

    /// <summary>Puts something into the inbox. Where it is not the process itself that does it, <see cref="Wake"/> follows.</summary>
    public void Post(in Letter letter)
    {
        if (!IsUp)
        {
            World.Pool.Return(letter.Bytes);
            return;
        }
        _inbox.Enqueue(letter);
        InboxBytes += letter.Bytes.Length;
    }

    /// <summary>Something is in the inbox.</summary>
    public void Wake()
    {
        if (!IsUp || _inbox.Count == 0)
            return;
        if (World.Now >= _freeAt)
            Take();
        else
            AttendBy(_freeAt);
    }

    /// <summary>There is work that no mail brought.</summary>
    protected void Attend()
    {
        if (IsUp)
            AttendBy(TrueTime.Later(_freeAt, World.Now));
    }

    /// <summary>The process stands still until a time, at least.</summary>
    public void Pause(TrueTime until)
    {
        _freeAt = TrueTime.Later(_freeAt, until);
        PausedUntil = TrueTime.Later(PausedUntil, until);
    }

    /// <summary>The process goes on, whatever kept it.</summary>
    public void Resume()
    {
        _freeAt = PausedUntil = World.Now;
        AttendBy(World.Now);
    }

    /// <summary>The clock no longer is what it was: deadlines may come sooner.</summary>
    public void Reconsider() => AttendNext();

    /// <inheritdoc/>
    public virtual void Due(int what, ulong subject, Bytes bytes)
    {
        if (World.Now != _attendAt)
            return;
        _attendAt = TrueTime.Never;
        if (!IsUp)
            return;
        if (World.Now < _freeAt)
            AttendBy(_freeAt);
        else if (HasWork || Clock.Read(World.Now).Instant >= NextDeadline)
            Take();
        else
            AttendNext();
    }

    protected bool TryTakeLetter(out Letter letter)
    {
        if (!_inbox.TryDequeue(out letter))
            return false;
        InboxBytes -= letter.Bytes.Length;
        return true;
    }

    /// <summary>A process begins: it gets attention at once.</summary>
    protected void Begin()
    {
        IsUp = IsPowered = true;
        Life++;
        _freeAt = World.Now;
        Take();
    }

    /// <summary>The process is gone, and with it what it had not taken up.</summary>
    protected void End(bool powered)
    {
        IsUp = false;
        IsPowered = powered;
        while (TryTakeLetter(out var letter))
            World.Pool.Return(letter.Bytes);
    }

    private void Take()
    {
        var busy = TakeUp(Clock.Read(World.Now));
        _freeAt = TrueTime.Later(_freeAt, World.Now + busy);
        AttendNext();
    }

    private void AttendNext()
    {
        if (!IsUp)
            return;
        if (HasWork)
            AttendBy(TrueTime.Later(_freeAt, World.Now));
        else if (NextDeadline is var deadline && deadline != Instant.Never)
            AttendBy(TrueTime.Later(_freeAt,
                TrueTime.Later(World.Now, Clock.When(deadline)) + _lateness.Exponential(World.Scenario.TimerLateness)));
    }

    private void AttendBy(TrueTime at)
    {
        if (at >= _attendAt)
            return;
        _attendAt = at;
        World.Agenda.Add(at, this, 0);
    }
}
