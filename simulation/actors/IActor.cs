using Quorate.Kernel.Ground;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Actors;

/// <summary>
/// A program on a computer of its own: a client with its workload, an operator. It is made when its computer starts, with the ports it acts
/// through, and a new one is made when the computer has crashed and starts again.
/// </summary>
/// <remarks>
/// Like a server it is called when something happened and does not wait for anything. While its computer is paused nothing is called; what
/// arrived meanwhile comes at once afterwards, and its clock has leapt. After every call the world looks at <see cref="NextDeadline"/>.
/// </remarks>
internal interface IActor
{
    /// <summary>When it wants a <see cref="Tick"/>, on its own clock; <see cref="Instant.Never"/> when it need not have one.</summary>
    Instant NextDeadline { get; }

    /// <summary>
    /// Whether a tick that is due waits until what was received before is taken up, as the client of production has it; else it comes
    /// first.
    /// </summary>
    bool TicksLast => false;

    /// <summary>
    /// How long it takes over a hundred bytes of what it receives; no time for who takes what there is.
    /// </summary>
    TimeSpan Pace => TimeSpan.Zero;

    /// <summary>Whether it has nothing left to do and waits for no answer.</summary>
    bool IsFinished { get; }

    /// <summary>Its computer is up. Called once, before anything else.</summary>
    void Start();

    /// <summary>The connection asked for stands.</summary>
    void Connected();

    /// <summary>The next bytes of the connection's stream, cut anywhere. The span is void afterwards.</summary>
    void Received(ReadOnlySpan<byte> bytes);

    /// <summary>The connection could not be made, was closed by the other side, or broke. Nothing of it follows.</summary>
    void Closed();

    /// <summary>A deadline came, early or late as clocks and pauses have it.</summary>
    void Tick();

    /// <summary>The storm is over: begin nothing new and finish what is under way.</summary>
    void Finish();
}

/// <summary>What an actor can do to the world. No call calls back into the actor.</summary>
internal interface IActorPorts
{
    /// <summary>Its own clock, read when its computer took up what is being called; it drifts, and its wall time may jump.</summary>
    Moment Now { get; }

    /// <summary>The world's time: for history only, never for what the actor does.</summary>
    TrueTime TrueNow { get; }

    /// <summary>Its own chance.</summary>
    Dice Dice { get; }

    /// <summary>The members that clients may connect to, in ascending order.</summary>
    IReadOnlyList<ServerId> Members { get; }

    /// <summary>
    /// Opens a connection to a member's client port; ends in <see cref="IActor.Connected"/> or <see cref="IActor.Closed"/>. There is one at
    /// a time: what was open is closed first, without a call.
    /// </summary>
    void Connect(ServerId member);

    /// <summary>Appends bytes to the stream; ignored while there is no connection. They may be sent before it stands.</summary>
    void Send(ReadOnlySpan<byte> bytes);

    /// <summary>Closes the connection; nothing more of it is called.</summary>
    void Close();
}
