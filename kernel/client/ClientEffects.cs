using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Clients;

/// <summary>The things a client may ask of its world, and tell its owner.</summary>
public enum ClientEffectKind : byte
{
    /// <summary>Open the connection <see cref="ClientEffect.Subject"/> to the server <see cref="ClientEffect.Server"/>.</summary>
    Connect,
    /// <summary>Send bytes on a connection: whole frames, lengths included.</summary>
    Send,
    /// <summary>Close a connection, once what was sent has left. Nothing more is expected of it.</summary>
    HangUp,
    /// <summary>The request <see cref="ClientEffect.Subject"/> is done; the bytes are the reply's body.</summary>
    Completed,
    /// <summary>A watched change happened; the bytes are the path.</summary>
    Event,
    /// <summary>The session's state changed.</summary>
    State,
}

/// <summary>One thing that must happen next, in order. Which members mean something depends on <see cref="Kind"/>.</summary>
public readonly record struct ClientEffect
{
    /// <summary>What it is.</summary>
    public required ClientEffectKind Kind { get; init; }
    /// <summary>The connection's number, or the request's.</summary>
    public ulong Subject { get; init; }
    /// <summary>Where its bytes lie.</summary>
    public Slice Bytes { get; init; }
    /// <summary>The server to connect to.</summary>
    public int Server { get; init; }
    /// <summary>The operation completed.</summary>
    public OpCode Op { get; init; }
    /// <summary>What is known about it.</summary>
    public Fate Fate { get; init; }
    /// <summary>How it ended: the server's word, or why there is none.</summary>
    public ErrorCode Error { get; init; }
    /// <summary>The zxid in the reply's header, or the event's; −1 for an event that caught up.</summary>
    public Zxid Zxid { get; init; }
    /// <summary>What happened to the watched path.</summary>
    public WatchEvent Event { get; init; }
    /// <summary>Which watches saw it. One-shot ones are used up; recursive ones may be on any ancestor.</summary>
    public Watching Watches { get; init; }
    /// <summary>The session's new state.</summary>
    public SessionState State { get; init; }
}

/// <summary>What steps of a client ask of the world and tell its owner, in order, and the arena the bytes lie in.</summary>
public sealed class ClientEffects
{
    private ClientEffect[] _effects = new ClientEffect[16];

    /// <summary>How many effects there are.</summary>
    public int Count { get; private set; }

    /// <summary>The effect at a position.</summary>
    public ref readonly ClientEffect this[int position] => ref _effects[position];

    /// <summary>The bytes of an effect; void after the next step.</summary>
    public ReadOnlySpan<byte> Bytes(in ClientEffect effect) => Arena[effect.Bytes];

    /// <summary>Forgets everything: the effects have been performed.</summary>
    public void Clear()
    {
        Count = 0;
        Arena.Clear();
    }

    internal Arena Arena { get; } = new(4 << 10, 4 << 20);

    internal JuteWriter Writer => new(Arena);

    internal void Connect(ulong link, int server) => Add(new() { Kind = ClientEffectKind.Connect, Subject = link, Server = server });

    /// <summary>Sends what has been written since the arena's end was at <paramref name="start"/>: whole frames, or nothing.</summary>
    internal void Send(ulong link, int start)
    {
        var bytes = new Slice(start, Arena.Length - start);
        if (bytes.Length == 0)
            return;
        if (Count > 0)
        {
            ref var last = ref _effects[Count - 1];
            if (last.Kind == ClientEffectKind.Send && last.Subject == link && last.Bytes.Offset + last.Bytes.Length == start)
            {
                last = last with { Bytes = new(last.Bytes.Offset, last.Bytes.Length + bytes.Length) };
                return;
            }
        }
        Add(new() { Kind = ClientEffectKind.Send, Subject = link, Bytes = bytes });
    }

    internal void HangUp(ulong link) => Add(new() { Kind = ClientEffectKind.HangUp, Subject = link });

    internal void Complete(ulong ticket, OpCode op, Fate fate, ErrorCode error, Zxid zxid = default, ReadOnlySpan<byte> body = default) => Add(new()
    {
        Kind = ClientEffectKind.Completed,
        Subject = ticket,
        Op = op,
        Fate = fate,
        Error = error,
        Zxid = zxid,
        Bytes = Arena.Append(body),
    });

    internal void Tell(WatchEvent what, ReadOnlySpan<byte> path, Zxid zxid, Watching watches) => Add(new()
    {
        Kind = ClientEffectKind.Event,
        Event = what,
        Watches = watches,
        Zxid = zxid,
        Bytes = Arena.Append(path),
    });

    internal void Become(SessionState state) => Add(new() { Kind = ClientEffectKind.State, State = state });

    private void Add(in ClientEffect effect)
    {
        if (Count == _effects.Length)
            Array.Resize(ref _effects, Count * 2);
        _effects[Count++] = effect;
    }
}
