namespace Quorate.Kernel.Storage;

/// <summary>Reads a file from front to back through a window that its owner consumes from.</summary>
/// <remarks>One read is outstanding at a time. The window grows when a record is larger, never beyond what the file holds.</remarks>
internal sealed class FileScan(DiskTickets tickets)
{
    /// <summary>How much is read at once.</summary>
    public const int ReadBytes = 1 << 20;

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private long _readTo;
    private long _length;
    private DiskTicket _ticket;
    private DiskFile _file;

    /// <summary>What has been read and not consumed.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Where <see cref="Bytes"/> begins in the file.</summary>
    public long Offset => _readTo - (_end - _start);

    /// <summary>Whether the file holds nothing behind <see cref="Bytes"/>.</summary>
    public bool AtEnd => _readTo >= _length;

    /// <summary>How many bytes the file holds from <see cref="Offset"/> on.</summary>
    public long Remaining => _length - Offset;

    /// <summary>Why the file could not be read; null while it can.</summary>
    public string? Failure { get; private set; }

    /// <summary>Turns to a file of the given length.</summary>
    public void Open(DiskFile file, long from, long length)
    {
        _file = file;
        _length = length;
        _readTo = Math.Min(from, length);
        _start = _end = 0;
        Failure = null;
    }

    /// <summary>Consumes from the front of <see cref="Bytes"/>.</summary>
    public void Consume(int count)
    {
        Invariant.Holds(count <= _end - _start);
        _start += count;
    }

    /// <summary>Asks for what lies behind <see cref="Bytes"/>.</summary>
    public void ReadMore(Effects effects)
    {
        Invariant.Holds(!AtEnd);
        _ticket = tickets.Next(DiskTickets.Recovery);
        effects.DiskRead(_ticket, _file, _readTo, (int)Math.Min(ReadBytes, _length - _readTo));
    }

    /// <summary>Takes what was read.</summary>
    public void Completed(DiskTicket ticket, DiskOutcome outcome, ReadOnlySpan<byte> bytes)
    {
        Invariant.Holds(ticket == _ticket);
        if (outcome is not (DiskOutcome.Done or DiskOutcome.Missing))
        {
            Failure = RecoveryText.UnreadableAt(DiskRequests.NameOf(_file), _readTo);
            _length = _readTo;
            return;
        }
        if (bytes.IsEmpty)
            _length = _readTo;   // shorter than the folder's listing said
        if (_buffer.Length - _end < bytes.Length)
            MakeRoom(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
        _readTo += bytes.Length;
    }

    private void MakeRoom(int bytes)
    {
        var held = _end - _start;
        var target = _buffer;
        if (held + bytes > _buffer.Length)
        {
            // Room for two portions, or for all there is if that is less; what is longer still is a record that needs it.
            var wanted = Math.Min(2 * ReadBytes, held + _length - _readTo);
            target = new byte[Math.Max(held + bytes, Math.Max(wanted, 2 * _buffer.Length))];
        }
        _buffer.AsSpan(_start, held).CopyTo(target);
        _buffer = target;
        _start = 0;
        _end = held;
    }
}
