using Quorate.Kernel.Ground;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Histories;

/// <summary>What became of an operation, as far as its client knows.</summary>
internal enum Fate : byte
{
    /// <summary>Not known yet.</summary>
    Open,
    /// <summary>A reply came.</summary>
    Answered,
    /// <summary>Its connection broke first: a write may or may not take effect, now or later. One that was never sent does not.</summary>
    Unknown,
}

/// <summary>One request of a client, from when it was asked to when its fate was known. Only <see cref="History"/> changes it.</summary>
internal sealed class Operation
{
    internal Operation(int number, int client, Request request, TrueTime called) =>
        (Number, Client, Request, Called) = (number, client, request, called);

    /// <summary>Its place among all operations, from 0, in the order in which they were called.</summary>
    public int Number { get; }

    /// <summary>Whose it is.</summary>
    public int Client { get; }

    /// <summary>What was asked.</summary>
    public Request Request { get; }

    /// <summary>When it was asked.</summary>
    public TrueTime Called { get; }

    /// <summary>When it was put on a connection.</summary>
    public TrueTime Sent { get; internal set; } = TrueTime.Never;

    /// <summary>The session it was sent in.</summary>
    public SessionId Session { get; internal set; }

    /// <summary>Which connection of its client it was sent on, counted from 1; 0 while it was not sent.</summary>
    public int Connection { get; internal set; }

    /// <summary>The member at the other end of that connection.</summary>
    public ServerId Server { get; internal set; }

    /// <summary>What became of it.</summary>
    public Fate Fate { get; internal set; }

    /// <summary>The reply; null unless <see cref="Fate"/> is <see cref="Fate.Answered"/>.</summary>
    public Answer? Answer { get; internal set; }

    /// <summary>When its fate was known.</summary>
    public TrueTime Returned { get; internal set; } = TrueTime.Never;

    /// <summary>Whether it was put on a connection.</summary>
    public bool WasSent => Connection != 0;

    /// <inheritdoc/>
    public override string ToString() => $"operation {Number} of client {Client} ({Request}"
        + (WasSent ? $", session {Session}, connection {Connection} to member {Server})" : ", not sent)");
}
