using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Simulation.Histories;
using Request = Quorate.Simulation.Histories.Request;

namespace Quorate.Simulation.Actors;

/// <summary>A program that uses the service through the shipped client: how it asks, and how it is told what became of that.</summary>
internal abstract class ClientActor : IActor
{
    private readonly Arena _record = new();
    private readonly Dictionary<ulong, Request> _asked = [];
    private ulong _lastTicket;

    protected ClientActor(IActorPorts ports)
    {
        Ports = ports;
        Driver = new(ports, Learn);
    }

    public abstract Instant NextDeadline { get; }

    public virtual bool TicksLast => false;

    public abstract bool IsFinished { get; }

    protected IActorPorts Ports { get; }

    protected ClientDriver Driver { get; }

    /// <summary>Whether the storm is over.</summary>
    protected bool IsFinishing { get; private set; }

    /// <summary>How many requests have no answer yet.</summary>
    protected int Unanswered => _asked.Count;

    protected Instant Now => Ports.Now.Instant;

    public abstract void Start();

    public void Connected() => Driver.Connected();

    public void Received(ReadOnlySpan<byte> bytes)
    {
        Driver.Received(bytes);
        GoOn();
    }

    public void Closed()
    {
        Driver.Closed();
        GoOn();
    }

    public abstract void Tick();

    public void Finish() => IsFinishing = true;

    /// <summary>Something has happened: one session follows the other.</summary>
    protected abstract void GoOn();

    /// <summary>A request is done.</summary>
    protected abstract void Answered(Request request, Told told);

    /// <summary>The session has something else to tell: an event, or its state.</summary>
    protected virtual void Noticed(Told told) { }

    protected void Ask(Request request)
    {
        _record.Clear();
        RequestWriter.Write(new(_record), request);
        _asked.Add(++_lastTicket, request);
        Driver.Ask(_lastTicket, request.Op, _record.Written);
    }

    /// <summary>What was asked is of no interest any more.</summary>
    protected void Forget() => _asked.Clear();

    private void Learn(Told told)
    {
        if (told.Kind != ClientEffectKind.Completed)
            Noticed(told);
        else if (_asked.Remove(told.Ticket, out var request))
            Answered(request, told);
    }
}
