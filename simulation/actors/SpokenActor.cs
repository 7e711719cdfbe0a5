using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Simulation.Actors;

/// <summary>
/// A client that speaks the protocol by itself, and does with it what the shipped one never would. It keeps one session for as long as servers
/// let it, and leaves a server that it has not heard for two thirds of its timeout.
/// </summary>
internal abstract class SpokenActor(ClientPlan plan, IActorPorts ports) : IActor
{
    private const int PingXid = -2;

    private readonly SpokenSession _session = new(ports, plan);
    private readonly Arena _arena = new();
    private readonly Inlet _inlet = new();
    private long _zxid;
    private int _xid;
    private Instant _heard, _asked, _pinged = Instant.Never, _next = Instant.Never;

    /// <inheritdoc/>
    public Instant NextDeadline => Instant.Earlier(_next, IsUp ? _heard + Patience : Instant.Never);

    /// <inheritdoc/>
    public virtual TimeSpan Pace => TimeSpan.Zero;

    /// <inheritdoc/>
    public bool IsFinished => IsFinishing && IsUp && Unanswered == 0;

    protected ClientPlan Plan => plan;

    protected IActorPorts Ports => ports;

    protected Instant Now => ports.Now.Instant;

    /// <summary>Whether the session is attached, as far as it knows.</summary>
    protected bool IsUp { get; private set; }

    /// <summary>Whether the storm is over.</summary>
    protected bool IsFinishing { get; private set; }

    /// <summary>How many requests, pings aside, have no answer.</summary>
    protected int Unanswered { get; private set; }

    /// <summary>The timeout that it was granted last.</summary>
    protected TimeSpan Timeout => TimeSpan.FromMilliseconds(_session.Timeout);

    /// <summary>When the newest request was sent that was confirmed to it: its session lives for a timeout from then on.</summary>
    protected Instant Confirmed { get; private set; }

    private TimeSpan Patience => Timeout * 2 / 3;

    /// <inheritdoc/>
    public void Start() => Dial(plan.Session);

    /// <inheritdoc/>
    public void Connected() { }

    /// <inheritdoc/>
    public void Closed() => Rest(ports.Dice.Between(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(500)));

    /// <inheritdoc/>
    public void Finish() => IsFinishing = true;

    /// <inheritdoc/>
    public void Tick()
    {
        if (IsUp && _heard + Patience <= Now)
        {
            ports.Close();
            Closed();
        }
        if (_next > Now)
            return;
        if (!IsUp)
            ComeBack();
        else if (IsFinishing)
            Ping(Timeout / 3);
        else
            Act();
    }

    /// <inheritdoc/>
    public void Received(ReadOnlySpan<byte> bytes)
    {
        _heard = Now;
        _inlet.Append(bytes);
        while (_inlet.TryTake(out var frame))
            if (IsUp)
                Answered(frame);
            else
                Attached(frame);
    }

    /// <summary>It is connected, and its time has come: <see cref="Ping"/> and <see cref="Rest"/> say when it comes again.</summary>
    protected abstract void Act();

    /// <summary>It is not connected, and its time has come.</summary>
    protected virtual void ComeBack() => Dial(plan.Session);

    /// <summary>Connects to any member, and asks for its session with a timeout. Whoever does not answer may be gone for good.</summary>
    protected void Dial(TimeSpan timeout)
    {
        Rest(plan.Session / 8);
        _asked = Now;
        _session.Ask(_zxid, _arena, timeout);
    }

    /// <summary>Whatever was under way is over; it comes back after a while.</summary>
    protected void Rest(TimeSpan time)
    {
        (IsUp, Unanswered, _pinged) = (false, 0, Instant.Never);
        _inlet.Clear();
        _next = Now + time;
    }

    /// <summary>Pings unless a ping is under way, and goes on after a while.</summary>
    protected void Ping(TimeSpan pause)
    {
        _next = Now + pause;
        if (_pinged != Instant.Never)
            return;
        _pinged = Now;
        Send(PingXid, OpCode.Ping);
    }

    /// <summary>Asks whether the root is there.</summary>
    protected void Look()
    {
        Unanswered++;
        Send(++_xid, OpCode.Exists);
    }

    private void Send(int xid, OpCode op)
    {
        _arena.Clear();
        var writer = new JuteWriter(_arena);
        var frame = writer.BeginFrame();
        writer.Int(xid);
        writer.Int((int)op);
        if (op == OpCode.Exists)
        {
            writer.Buffer("/"u8);
            writer.Bool(false);
        }
        writer.EndFrame(frame);
        ports.Send(_arena.Written);
    }

    private void Attached(ReadOnlySpan<byte> frame)
    {
        if (!_session.IsGranted(frame))
        {
            Closed();
            return;
        }
        (IsUp, Confirmed, _next) = (true, _asked, Now);
    }

    private void Answered(ReadOnlySpan<byte> frame)
    {
        var reader = new JuteReader(frame);
        var xid = reader.Int();
        _zxid = reader.Long();
        if (xid != PingXid)
            Unanswered--;
        else
            (Confirmed, _pinged) = (_pinged, Instant.Never);
    }
}
