using System.Buffers.Binary;
using Quorate.Kernel.Machines;

namespace Quorate.Kernel.Fronts;

/// <summary>
/// Proposals on their way to another member that leads: each is kept until it has been seen applied, and sent again, in order, whenever it may
/// have been lost (design §6.2, A11). The machine skips what comes twice.
/// </summary>
/// <remarks>
/// Proposals are told apart by tickets, which count up for as long as this member lives. What it proposes while it leads lies in its own log
/// and is not kept here as well; should another leader cut that tail off, it comes back here (<see cref="TakeBack"/>), in its old place.
/// </remarks>
internal sealed class Forwarding(long bytesMax)
{
    private struct Kept
    {
        public ulong Ticket;
        public SessionId Session;
        public uint Attachment;
        public byte[] Command;
        public bool IsDone;
    }

    private readonly Ring<Kept> _kept = new(int.MaxValue);
    private readonly List<Kept> _reordered = [];
    private ulong _lastTicket;
    private long _bytes;
    private int _sent;   // so many of the oldest have been sent to the present leader
    private ulong _missedThrough;

    /// <summary>Whether one more may be kept.</summary>
    public bool HasRoom => _bytes < bytesMax;

    /// <summary>Whether something waits to be sent.</summary>
    public bool HasUnsent => _sent < _kept.Count;

    /// <summary>Whether nothing is kept.</summary>
    public bool IsEmpty => _kept.Count == 0;

    /// <summary>When what is kept was last sent from the beginning, or the oldest was added.</summary>
    public Instant Since { get; private set; } = Instant.Never;

    /// <summary>A ticket for the next proposal.</summary>
    public ulong NextTicket() => ++_lastTicket;

    /// <summary>Keeps a proposal, encoded.</summary>
    public void Keep(byte[] command, Instant now)
    {
        if (_kept.Count == 0)
            Since = now;
        _kept.Enqueue(Of(command));
        _bytes += command.Length;
    }

    /// <summary>The log lost an entry that this member had proposed as its leader: it is kept again, where its ticket belongs.</summary>
    public void TakeBack(ReadOnlySpan<byte> command, Instant now)
    {
        var taken = Of(command.ToArray());
        if (Find(taken.Ticket) >= 0)
            return;
        _reordered.Clear();
        while (_kept.Count > 0 && _kept[0].Ticket < taken.Ticket)
            _reordered.Add(_kept.Dequeue());
        _reordered.Add(taken);
        while (_kept.Count > 0)
            _reordered.Add(_kept.Dequeue());
        foreach (var kept in _reordered)
            _kept.Enqueue(kept);
        _bytes += taken.Command.Length;
        Resend(now);
    }

    /// <summary>A proposal of this member was applied, or was refused by the machine for good.</summary>
    public void Seen(ulong ticket)
    {
        var position = Find(ticket);
        if (position < 0)
            return;
        Finish(position);
        Shed();
    }

    /// <summary>An attachment to this member has ended: what was proposed on it would only be refused.</summary>
    public void Drop(SessionId session, uint throughAttachment)
    {
        for (var i = 0; i < _kept.Count; i++)
            if (_kept[i].Session == session && _kept[i].Attachment != 0 && _kept[i].Attachment <= throughAttachment)
                Finish(i);
        Shed();
    }

    /// <summary>
    /// A proposal came to nothing because one before it is missing: everything goes again. All that was there by then shows the same gap and does
    /// not count once more; if it comes to nothing a second time, time or another leader brings it back.
    /// </summary>
    public void Missed(ulong ticket, Instant now)
    {
        if (ticket <= _missedThrough)
            return;
        Resend(now);
        _missedThrough = _lastTicket;
    }

    /// <summary>Everything is to be sent again, from the oldest on.</summary>
    public void Resend(Instant now)
    {
#if MUTANTS
        if (!Mutant.Is(Mutants.ForwardedOnce))
#endif
        _sent = 0;
        _missedThrough = 0;
        Since = _kept.Count == 0 ? Instant.Never : now;
    }

    /// <summary>Appends proposals that were not sent yet, each with its length in front (4 bytes, little-endian), until a frame is full.</summary>
    public void Write(Arena to, int bytesMost)
    {
        var start = to.Length;
        for (; _sent < _kept.Count; _sent++)
        {
            ref readonly var kept = ref _kept[_sent];
            if (kept.IsDone)
                continue;
            if (to.Length > start && to.Length - start + sizeof(int) + kept.Command.Length > bytesMost)
                return;
            BinaryPrimitives.WriteInt32LittleEndian(to[to.Reserve(sizeof(int))], kept.Command.Length);
            to.Append(kept.Command);
        }
    }

    /// <summary>Takes the next proposal that was not sent yet; it stays until it is seen applied.</summary>
    public bool TryTake(out ReadOnlySpan<byte> command)
    {
        command = default;
        while (_sent < _kept.Count)
            if (_kept[_sent++] is { IsDone: false } kept)
            {
                command = kept.Command;
                return true;
            }
        return false;
    }

    /// <summary>Forgets everything: whoever waited for it has been hung up (A2).</summary>
    public void Clear()
    {
        _kept.Clear();
        (_bytes, _sent, Since) = (0, 0, Instant.Never);
    }

    private static Kept Of(byte[] command)
    {
        var read = CommandCodec.Read(command);
        return new() { Ticket = read.Ticket, Session = read.Session, Attachment = read.Attachment, Command = command };
    }

    private int Find(ulong ticket)
    {
        var (low, high) = (0, _kept.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var at = _kept[middle].Ticket;
            if (at == ticket)
                return middle;
            if (at < ticket)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return -1;
    }

    private void Finish(int position)
    {
        ref var kept = ref _kept[position];
        if (kept.IsDone)
            return;
        _bytes -= kept.Command.Length;
        (kept.IsDone, kept.Command) = (true, []);
    }

    private void Shed()
    {
        while (_kept.Count > 0 && _kept[0].IsDone)
        {
            _kept.Dequeue();
            _sent = Math.Max(0, _sent - 1);
        }
        if (_kept.Count == 0)
            Since = Instant.Never;
    }
}
