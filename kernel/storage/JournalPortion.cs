namespace Quorate.Kernel.Storage;

/// <summary>The entries of a portion, one after another, as views over the bytes that were read.</summary>
/// <remarks>
/// An entry counts as taken when the next one is asked for. Who has no more room simply stops asking, and the next portion begins with the
/// entry that did not fit.
/// </remarks>
internal ref struct JournalPortion
{
    private readonly JournalReader? _reader;
    private ReadOnlySpan<byte> _rest;
    private JournalEntry _present;

    /// <summary>What was read from where the reader stands.</summary>
    public JournalPortion(JournalReader reader, ReadOnlySpan<byte> bytes)
    {
        _reader = reader;
        _rest = bytes;
    }

    /// <summary>The next entry and its body; false when there is none in this portion.</summary>
    public bool TryNext(out JournalEntry entry, out ReadOnlySpan<byte> body)
    {
        entry = default;
        body = default;
        if (_reader is null)
            return false;
        if (_present.Index != LogIndex.Zero)
            _rest = _rest[_reader.Pass(_present, _rest.Length)..];
        if (_reader.Look(_rest, out _present) != JournalLook.Whole)
        {
            _present = default;
            return false;
        }
        entry = _present;
        body = _rest.Slice(JournalRecord.HeaderBytes, entry.BodyLength);
        return true;
    }
}

/// <summary>What lies where the next record should be.</summary>
internal enum JournalLook : byte
{
    /// <summary>The record that belongs there, with all of its body if it is wanted.</summary>
    Whole,
    /// <summary>Not enough bytes to say.</summary>
    Short,
    /// <summary>Something else.</summary>
    Damaged,
    /// <summary>Nothing that is wanted, flushed, and still part of the log.</summary>
    Nothing,
}
