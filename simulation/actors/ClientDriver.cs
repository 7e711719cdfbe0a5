using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Fate = Quorate.Kernel.Clients.Fate;

namespace Quorate.Simulation.Actors;

/// <summary>Something that a session has to tell the program that owns it.</summary>
/// <param name="Kind">Completed, event or state.</param>
/// <param name="Ticket">The number of a request.</param>
/// <param name="Fate">What is known about it.</param>
/// <param name="Error">The server's word, or why there is none.</param>
/// <param name="Zxid">Of the reply.</param>
/// <param name="Event">What happened to a watched path.</param>
/// <param name="State">The session's new state.</param>
/// <param name="Bytes">The reply's body, or the path.</param>
internal readonly record struct Told(
    ClientEffectKind Kind, ulong Ticket, Fate Fate, ErrorCode Error, Zxid Zxid, WatchEvent Event, SessionState State, byte[] Bytes);

/// <summary>
/// Drives the shipped client for a program: its effects become calls of the ports, and what it tells goes to the program, in order.
/// </summary>
/// <param name="ports">What the program acts through.</param>
/// <param name="tell">The program. It may ask for more while it is told.</param>
internal sealed class ClientDriver(IActorPorts ports, Action<Told> tell)
{
    private readonly ClientEffects _effects = new();
    private readonly Inlet _inlet = new();
    private readonly Queue<(Kernel.Clients.Client Client, Told Told)> _told = new();
    private bool _isTelling;
    private ulong _link;

    /// <summary>The client of the present session; null while there is none.</summary>
    public Kernel.Clients.Client? Client { get; private set; }

    /// <summary>When it wants a tick.</summary>
    public Instant NextDeadline => Client?.NextDeadline ?? Instant.Never;

    /// <summary>Whether a server said that the session is over, or its owner closed it.</summary>
    public bool IsOver => Client is { State: SessionState.Expired or SessionState.Closed or SessionState.AuthFailed };

    private Instant Now => ports.Now.Instant;

    /// <summary>A new session.</summary>
    public void Begin(ClientSettings settings)
    {
        _link = 0;
        Client = new(settings, ports.Dice.Next());
    }

    /// <summary>The session is left to itself, without a word.</summary>
    public void Abandon()
    {
        HangUp();
        Client = null;
    }

    /// <summary>The connection stands.</summary>
    public void Connected() => Step(new() { Now = Now, Kind = ClientInputKind.Opened, Subject = _link });

    /// <summary>The next bytes of the connection.</summary>
    public void Received(ReadOnlySpan<byte> bytes)
    {
        _inlet.Append(bytes);
        // A frame may end the connection, and with it what came behind the frame.
        while (_inlet.TryTake(out var frame))
            Step(new() { Now = Now, Kind = ClientInputKind.Frame, Subject = _link, Bytes = frame });
    }

    /// <summary>The connection is gone.</summary>
    public void Closed()
    {
        _inlet.Clear();
        Step(new() { Now = Now, Kind = ClientInputKind.Closed, Subject = _link });
    }

    /// <summary>Time has passed.</summary>
    public void Tick()
    {
        if (NextDeadline <= Now)
            Step(new() { Now = Now, Kind = ClientInputKind.Tick });
    }

    /// <summary>Asks for something.</summary>
    public void Ask(ulong ticket, OpCode op, ReadOnlySpan<byte> record) =>
        Step(new() { Now = Now, Kind = ClientInputKind.Request, Subject = ticket, Op = op, Bytes = record });

    /// <summary>Drops the connection; the client looks for the next server.</summary>
    public void Disconnect()
    {
        HangUp();
        Step(new() { Now = Now, Kind = ClientInputKind.Closed, Subject = _link });
    }

    private void HangUp()
    {
        ports.Close();
        _inlet.Clear();
    }

    private void Step(in ClientInput input)
    {
        if (Client is not { } client)
            return;
        client.Step(input, _effects);
        for (var i = 0; i < _effects.Count; i++)
            Perform(client, _effects[i]);
        _effects.Clear();
        if (client.Fault >= LinkFault.OtherSession)
            Invariant.Broken($"a server broke the protocol towards a client: {client.Fault}");
        Tell();
    }

    private void Perform(Kernel.Clients.Client client, in ClientEffect effect)
    {
        switch (effect.Kind)
        {
            case ClientEffectKind.Connect:
                _link = effect.Subject;
                ports.Connect(ports.Members[effect.Server]);
                break;
            case ClientEffectKind.Send:
                ports.Send(_effects.Bytes(effect));
                break;
            case ClientEffectKind.HangUp:
                HangUp();
                break;
            default:
                _told.Enqueue((client, new(
                    effect.Kind, effect.Subject, effect.Fate, effect.Error, effect.Zxid, effect.Event, effect.State,
                    _effects.Bytes(effect).ToArray())));
                break;
        }
    }

    /// <summary>
    /// What comes up while the program is being told waits for its turn; what a former session had to say is of no interest.
    /// </summary>
    private void Tell()
    {
        if (_isTelling)
            return;
        _isTelling = true;
        while (_told.TryDequeue(out var next))
            if (next.Client == Client)
                tell(next.Told);
        _isTelling = false;
    }
}
