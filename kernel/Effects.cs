using Quorate.Kernel.Storage;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel;

/// <summary>The things a server may ask of its world.</summary>
public enum EffectKind : byte
{
    /// <summary>Send a frame to another member; may be lost.</summary>
    Send,
    /// <summary>Append bytes to a client connection's output. They begin and end at frame boundaries.</summary>
    Reply,
    /// <summary>Close a client connection once its output has been written.</summary>
    HangUp,
    /// <summary>Stop reading from a client connection.</summary>
    Hold,
    /// <summary>Read from a held connection again.</summary>
    Release,
    /// <summary>Write bytes at a place; creates the file if need be, durably (its folder is flushed too).</summary>
    DiskWrite,
    /// <summary>Read bytes at a place.</summary>
    DiskRead,
    /// <summary>Make every earlier write to a file durable.</summary>
    DiskFlush,
    /// <summary>Delete a file.</summary>
    DiskDrop,
    /// <summary>List the files there are: for each, kind (1 byte), number and length (8 bytes each, little-endian).</summary>
    DiskList,
}

/// <summary>One thing that must happen next. No effect is conditional: what has to wait has not been emitted yet.</summary>
public readonly record struct Effect(EffectKind Kind, ulong Subject, Slice Bytes, DiskPlace Place, DiskTicket Ticket);

/// <summary>
/// What a batch of steps asks of the world, in order, and the arena its bytes lie in. Effects on one subject are performed in order;
/// between subjects there is none.
/// </summary>
public sealed class Effects
{
    private Effect[] _effects = new Effect[64];

    /// <summary>How many effects there are.</summary>
    public int Count { get; private set; }

    /// <summary>The effect at a position.</summary>
    public ref readonly Effect this[int position] => ref _effects[position];

    /// <summary>Where the bytes of the effects lie.</summary>
    public Arena Arena { get; } = new(initial: 4096, kept: 8 << 20);

    /// <summary>Writes at the arena's end; <see cref="Reply(ConnectionId, int)"/> turns what was written into an effect.</summary>
    public JuteWriter Writer => new(Arena);

    /// <summary>The bytes of an effect.</summary>
    public ReadOnlySpan<byte> Bytes(in Effect effect) => Arena[effect.Bytes];

    /// <summary>Sends a frame to another member.</summary>
    public void Send(ServerId to, ReadOnlySpan<byte> frame) => Add(EffectKind.Send, to.Value, Arena.Append(frame));

    /// <summary>Sends bytes that already lie in the arena; several members may share them.</summary>
    public void Send(ServerId to, Slice frame) => Add(EffectKind.Send, to.Value, frame);

    /// <summary>Replies what has been written to <see cref="Writer"/> since the arena's end was at <paramref name="start"/>: whole frames.</summary>
    public void Reply(ConnectionId to, int start) => Reply(to, new Slice(start, Arena.Length - start));

    /// <summary>Replies bytes that already lie in the arena; several connections may share them.</summary>
    public void Reply(ConnectionId to, Slice bytes)
    {
        if (Count > 0)
        {
            ref var last = ref _effects[Count - 1];
            if (last.Kind == EffectKind.Reply && last.Subject == to.Value && last.Bytes.Offset + last.Bytes.Length == bytes.Offset)
            {
                last = last with { Bytes = new(last.Bytes.Offset, last.Bytes.Length + bytes.Length) };
                return;
            }
        }
        Add(EffectKind.Reply, to.Value, bytes);
    }

    /// <summary>Closes a connection after its output.</summary>
    public void HangUp(ConnectionId connection) => Add(EffectKind.HangUp, connection.Value, default);

    /// <summary>Stops reading from a connection, or goes on.</summary>
    public void Throttle(ConnectionId connection, bool hold) => Add(hold ? EffectKind.Hold : EffectKind.Release, connection.Value, default);

    /// <summary>Writes a copy of <paramref name="bytes"/> at a place.</summary>
    public void DiskWrite(DiskTicket ticket, DiskFile file, long offset, ReadOnlySpan<byte> bytes) =>
        Add(EffectKind.DiskWrite, ticket.Value, Arena.Append(bytes), new(file, offset, bytes.Length), ticket);

    /// <summary>Reads up to <paramref name="length"/> bytes.</summary>
    public void DiskRead(DiskTicket ticket, DiskFile file, long offset, int length) =>
        Add(EffectKind.DiskRead, ticket.Value, default, new(file, offset, length), ticket);

    /// <summary>Makes earlier writes to a file durable.</summary>
    public void DiskFlush(DiskTicket ticket, DiskFile file) => Add(EffectKind.DiskFlush, ticket.Value, default, new(file, 0, 0), ticket);

    /// <summary>Deletes a file.</summary>
    public void DiskDrop(DiskTicket ticket, DiskFile file) => Add(EffectKind.DiskDrop, ticket.Value, default, new(file, 0, 0), ticket);

    /// <summary>Lists the files there are.</summary>
    public void DiskList(DiskTicket ticket) => Add(EffectKind.DiskList, ticket.Value, default, default, ticket);

    /// <summary>Forgets everything: the effects have been performed.</summary>
    public void Clear()
    {
        Count = 0;
        Arena.Clear();
    }

    private void Add(EffectKind kind, ulong subject, Slice bytes, DiskPlace place = default, DiskTicket ticket = default)
    {
        if (Count == _effects.Length)
            Array.Resize(ref _effects, Count * 2);
        _effects[Count++] = new(kind, subject, bytes, place, ticket);
    }
}
