using System.Buffers.Binary;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Machines;

/// <summary>The machine's state as the content of a snapshot: counters, members and sessions at once, then the tree by its moving cursor.</summary>
/// <remarks>Every record begins with a tag; 0x10 and above are the tree's. All integers are little-endian.</remarks>
internal sealed partial class Machine
{
    private const byte CountersTag = 1, MemberTag = 2, SessionTag = 3, MembershipTag = 4, TreeTags = 0x10;
    private const int CountersLength = 1 + 8 + 4 + 8 + 8 + Level.Length;
    private const int SessionLength = 1 + 8 + 4 + 4 + 8 + 16 + 4 + 4;

    /// <summary>Begins a snapshot of the present state; <c>Tree.Advance</c> carries it on until it is finished.</summary>
    public void BeginSnapshot(ISnapshotSink sink)
    {
        WriteCounters(sink.Record(CountersLength));
        var member = 0;
        for (var left = _members.Count; left > 0; left--)
        {
            var record = sink.Record(1 + MemberNumbers.RecordLength);
            record[0] = MemberTag;
            member = _members.WriteNext(member, record[1..]);
        }
        if (_membership.Length > 0)
            WriteMembership(sink.Record(MembershipHeader + _membership.Length));
        for (var row = 0; row < Sessions.Rows; row++)
            if (Sessions[row].Id != SessionId.None)
                WriteSession(sink.Record(SessionLength), Sessions[row]);
        Tree.BeginSnapshot(sink);
    }

    /// <summary>Takes one record of a snapshot into an empty machine.</summary>
    public void Load(ReadOnlySpan<byte> record)
    {
        switch (record[0])
        {
            case CountersTag:
                ReadCounters(record[1..]);
                break;
            case MemberTag:
                _members.Load(record[1..]);
                break;
            case MembershipTag:
                ReadMembership(record);
                break;
            case SessionTag:
                ReadSession(record[1..]);
                break;
            case >= TreeTags:
                Tree.Load(record);
                break;
            default:
                throw new BrokenInvariantException($"a snapshot record has the unknown tag {record[0]}");
        }
    }

    /// <summary>Takes the position of a state that no log brought about, such as an imported one.</summary>
    public void Begin(in EntryStamp at, Zxid zxid)
    {
        Invariant.Holds(AppliedIndex == LogIndex.Zero && Zxid == Zxid.Zero);
        (AppliedIndex, AppliedTerm, AppliedTime, Zxid) = (at.Index, at.Term, at.Time, zxid);
    }

    /// <summary>
    /// Makes the state the beginning of another history, that of an ensemble which is yet to be founded. Who the members of the former one
    /// were, and what they had proposed, is forgotten; sessions stay, and each has its whole timeout again.
    /// </summary>
    public void Refound(in EntryStamp at)
    {
        Invariant.Holds(at.Term > AppliedTerm && at.Term > Zxid.Epoch);
        (AppliedIndex, AppliedTerm, AppliedTime) = (at.Index, at.Term, at.Time);
        _members = new();
        (_membership, _membershipDigest) = ([], Digest.Empty);
        for (var row = 0; row < Sessions.Rows; row++)
            if (Sessions[row].Id != SessionId.None)
                Sessions.Silence(row, 0);
    }

    /// <summary>Completes loading: links what the records could only name.</summary>
    public void FinishLoad() => Tree.FinishLoad();

    private void WriteCounters(Span<byte> record)
    {
        record[0] = CountersTag;
        BinaryPrimitives.WriteUInt64LittleEndian(record[1..], AppliedIndex.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(record[9..], AppliedTerm.Value);
        BinaryPrimitives.WriteInt64LittleEndian(record[13..], AppliedTime.Milliseconds);
        BinaryPrimitives.WriteInt64LittleEndian(record[21..], Zxid.Value);
        _level.Write(record[29..]);
    }

    private void ReadCounters(ReadOnlySpan<byte> record)
    {
        AppliedIndex = new(BinaryPrimitives.ReadUInt64LittleEndian(record));
        AppliedTerm = new(BinaryPrimitives.ReadUInt32LittleEndian(record[8..]));
        AppliedTime = new(BinaryPrimitives.ReadInt64LittleEndian(record[12..]));
        Zxid = new(BinaryPrimitives.ReadInt64LittleEndian(record[20..]));
        KeepLevel(Level.Read(record[28..]));
    }

    private static void WriteSession(Span<byte> record, in Session session)
    {
        record[0] = SessionTag;
        BinaryPrimitives.WriteInt64LittleEndian(record[1..], session.Id.Value);
        BinaryPrimitives.WriteInt32LittleEndian(record[9..], session.TimeoutMilliseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(record[13..], session.Attachment);
        BinaryPrimitives.WriteUInt64LittleEndian(record[17..], session.NextSequence);
        BinaryPrimitives.WriteUInt128LittleEndian(record[25..], session.Password);
        BinaryPrimitives.WriteInt32LittleEndian(record[41..], session.BelievedMilliseconds);
        BinaryPrimitives.WriteInt32LittleEndian(record[45..], session.SilentMilliseconds);
    }

    private void ReadSession(ReadOnlySpan<byte> record) => Sessions.Open(new()
    {
        Id = new(BinaryPrimitives.ReadInt64LittleEndian(record)),
        TimeoutMilliseconds = BinaryPrimitives.ReadInt32LittleEndian(record[8..]),
        Attachment = BinaryPrimitives.ReadUInt32LittleEndian(record[12..]),
        NextSequence = BinaryPrimitives.ReadUInt64LittleEndian(record[16..]),
        Password = BinaryPrimitives.ReadUInt128LittleEndian(record[24..]),
        BelievedMilliseconds = BinaryPrimitives.ReadInt32LittleEndian(record[40..]),
        SilentMilliseconds = BinaryPrimitives.ReadInt32LittleEndian(record[44..]),
    });
}
