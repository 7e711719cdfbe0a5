using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Clients;

/// <summary>The six things that can happen to a client.</summary>
public enum ClientInputKind : byte
{
    /// <summary>
    /// Time has passed. The first tick starts the client. Pings, reconnects and giving up a silent server happen on ticks alone: a tick is due
    /// when <see cref="Client.NextDeadline"/> has come, behind everything that was received before.
    /// </summary>
    Tick,
    /// <summary>A connection that the client asked for is open; <see cref="ClientInput.Subject"/> is its number.</summary>
    Opened,
    /// <summary>A whole frame of the server, without the length in front.</summary>
    Frame,
    /// <summary>A connection could not be opened, or is gone. Nothing of it follows.</summary>
    Closed,
    /// <summary>The owner asks something of the service: <see cref="ClientInput.Op"/> and its record. <see cref="ClientInput.Subject"/> is a
    /// number of the owner's choice, with which the completion comes.</summary>
    Request,
    /// <summary>
    /// From now on somebody goes by the fence. Of servers whose pongs are not confirmed, ZooKeeper's, only writes move it; so the client sends one that
    /// changes nothing whenever a quarter of the timeout has passed without any.
    /// </summary>
    Rely,
}

/// <summary>One thing that happened to a client, and when. Valid only during the step that receives it.</summary>
public readonly ref struct ClientInput
{
    /// <summary>The local instant, read after what happened was received, on a clock that goes on while the computer is suspended (B11).</summary>
    public required Instant Now { get; init; }
    /// <summary>What happened.</summary>
    public required ClientInputKind Kind { get; init; }
    /// <summary>The connection's number, or the request's.</summary>
    public ulong Subject { get; init; }
    /// <summary>For <see cref="ClientInputKind.Request"/>: the operation.</summary>
    public OpCode Op { get; init; }
    /// <summary>The frame, or the request's record as <see cref="RequestRecord"/> writes it.</summary>
    public ReadOnlySpan<byte> Bytes { get; init; }
}
