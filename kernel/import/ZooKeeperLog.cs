using System.Buffers.Binary;
using System.Globalization;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Importing;

/// <summary>One record of a transaction log: which transaction, where it stands, and its bytes.</summary>
internal readonly ref struct LogRecord
{
    /// <summary>The name of the log.</summary>
    public required string File { get; init; }
    /// <summary>Where the record begins in the file.</summary>
    public required int Offset { get; init; }
    /// <summary>Its number in the file, from 1.</summary>
    public required int Number { get; init; }
    /// <summary>Who did it, when, and as which transaction.</summary>
    public required TxnHeader Header { get; init; }
    /// <summary>The transaction's own record and, in newer files, a digest behind it.</summary>
    public required ReadOnlySpan<byte> Body { get; init; }

    /// <summary>The error of something in this record that its checksum did not reveal.</summary>
    public Flaw Flaw(string what, string remedy) =>
        new(File, Offset, string.Create(CultureInfo.InvariantCulture, $"Record {Number}, transaction {Header.Zxid}: {what}"), remedy);
}

/// <summary>Walks the records of one of ZooKeeper's transaction logs, checking each. Semantics reference §20.1.</summary>
/// <remarks>
/// A log ends in zeros that were allocated in advance, at the end of the file, or with a record that was being written when the machine
/// stopped. That last one was never acknowledged and is passed over, with a <see cref="Note"/>. But a torn record can only be the last:
/// where a whole record stands further on, the file is damaged, and what follows must not be dropped in silence.
/// </remarks>
internal ref struct ZooKeeperLog(string file, ReadOnlySpan<byte> bytes)
{
    private const int Magic = 0x5A4B4C47;       // ZKLG
    private const int FormatVersion = 2;
    private const int FileHeaderLength = 2 * sizeof(int) + sizeof(long);
    private const int FrameLength = sizeof(long) + sizeof(int);
    private const byte EndMark = (byte)'B';

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;
    private int _number;
    private bool _ended;

    /// <summary>The present record.</summary>
    public LogRecord Current { get; private set; }

    /// <summary>What is wrong with the file, or null. Once set, there is no next record.</summary>
    public Flaw? Flaw { get; private set; }

    /// <summary>What is worth telling about how the log ended, or null.</summary>
    public string? Note { get; private set; }

    /// <summary>Steps to the next record. False at the end, and where <see cref="Flaw"/> says why it cannot go on.</summary>
    public bool MoveNext()
    {
        if (_ended)
            return false;
        _ended = !(_at > 0 || ReadFileHeader()) || !ReadRecord();
        return !_ended;
    }

    private bool ReadFileHeader()
    {
        // A server that stopped right after it made the file leaves it empty, or cut, or all zeros.
        if (_bytes.Length < FileHeaderLength || !_bytes.ContainsAnyExcept((byte)0))
        {
            Torn(0);
            return false;
        }
        var reader = new JuteReader(_bytes);
        var (magic, version, database) = (reader.Int(), reader.Int(), reader.Long());
        if (magic != Magic)
            Flaw = new(file, 0, "This is not a transaction log of ZooKeeper: it does not begin with ZKLG", Flaw.Foreign);
        else if (version != FormatVersion)
            Flaw = ZooKeeperSnapshot.UnknownVersion(file, version);
        else if (database != 0)
            Flaw = new(file, 2 * sizeof(int), "The database number is not 0, as it always is: the file is damaged", Flaw.AnotherCopy);
        _at = FileHeaderLength;
        return Flaw is null;
    }

    private bool ReadRecord()
    {
        var rest = _bytes[_at..];
        if (!rest.ContainsAnyExcept((byte)0))
            return false;
        _number++;
        if (rest.Length < FrameLength)
        {
            Torn(_at);
            return false;
        }
        var checksum = BinaryPrimitives.ReadInt64BigEndian(rest);
        var length = BinaryPrimitives.ReadInt32BigEndian(rest[sizeof(long)..]);
        if (checksum == 0 && length == 0)
        {
            Torn(_at);
            return false;
        }
        if (length <= 0 || length >= rest.Length - FrameLength || rest[FrameLength + length] != EndMark)
        {
            Unfinished(rest, checksum, length);
            return false;
        }
        return ReadEntry(rest.Slice(FrameLength, length), checksum, rest[(FrameLength + length + 1)..]);
    }

    private bool ReadEntry(ReadOnlySpan<byte> entry, long checksum, ReadOnlySpan<byte> behind)
    {
        if (checksum != Adler32.Of(entry))
        {
            Damaged("its checksum does not fit its bytes", behind);
            return false;
        }
        var reader = new JuteReader(entry);
        var header = TxnHeader.Read(ref reader);
        if (reader.Failed)
        {
            Damaged("it is too short for a transaction", behind);
            return false;
        }
        Current = new() { File = file, Offset = _at, Number = _number, Header = header, Body = reader.Rest };
        _at += FrameLength + entry.Length + 1;
        return true;
    }

    /// <summary>A record without a proper end: cut off if the file ends inside it, or holds nothing but zeros from its end on.</summary>
    private void Unfinished(ReadOnlySpan<byte> rest, long checksum, int length)
    {
        var behind = length >= 0 && length < rest.Length - FrameLength ? rest[(FrameLength + length)..] : default;
        if (length < 0 || EndsElsewhere(rest[FrameLength..], checksum))
            Damaged("its length is wrong", behind);
        else if (behind.ContainsAnyExcept((byte)0))
            Damaged("it does not end where its length says", behind);
        else
            Torn(_at);
    }

    /// <summary>Whether the checksum fits the bytes up to another end mark: then the record is whole, and only its length is not.</summary>
    private static bool EndsElsewhere(ReadOnlySpan<byte> entry, long checksum)
    {
        var adler = new Adler32();
        while (entry.IndexOf(EndMark) is >= 0 and var mark)
        {
            adler.Append(entry[..mark]);
            if (adler.Value == checksum)
                return true;
            adler.Append(entry.Slice(mark, 1));
            entry = entry[(mark + 1)..];
        }
        return false;
    }

    private void Torn(int at)
    {
        if (HoldsRecord(_bytes[at..]))
            Damaged("it is empty or cut off, although whole records follow", _bytes[at..]);
        else
            Note = Invariantly($"{file} ends at byte {at} with a record that was being written. Nobody was told of it; it is left out.");
    }

    private void Damaged(string how, ReadOnlySpan<byte> behind)
    {
        var cut = behind.ContainsAnyExcept((byte)0)
            ? ""
            : " Nothing follows this record: if the machine stopped while it was being written, nobody was told that it was done, "
                + Invariantly($"and a copy of the file cut to {_at} bytes can be imported.");
        Flaw = new(file, _at, Invariantly($"Record {_number} is damaged: {how}"), Flaw.AnotherCopy + cut);
    }

    private static string Invariantly(FormattableString text) => FormattableString.Invariant(text);

    /// <summary>Whether a whole record, checksum and all, stands anywhere in <paramref name="rest"/>.</summary>
    private static bool HoldsRecord(ReadOnlySpan<byte> rest)
    {
        for (; rest.Length > FrameLength; rest = rest[1..])
        {
            var zeros = rest.IndexOfAnyExcept((byte)0);
            if (zeros < 0)
                return false;
            // A record begins with at least four zeros of its checksum, and its length is not 0.
            rest = rest[Math.Max(0, zeros - FrameLength)..];
            if (IsRecord(rest))
                return true;
        }
        return false;
    }

    private static bool IsRecord(ReadOnlySpan<byte> at)
    {
        if (at.Length <= FrameLength || BinaryPrimitives.ReadInt32BigEndian(at) != 0)
            return false;
        var length = BinaryPrimitives.ReadInt32BigEndian(at[sizeof(long)..]);
        return length >= TxnHeader.Length && length < at.Length - FrameLength && at[FrameLength + length] == EndMark
            && BinaryPrimitives.ReadUInt32BigEndian(at[sizeof(int)..]) == Adler32.Of(at.Slice(FrameLength, length));
    }
}
