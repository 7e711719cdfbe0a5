using System.Buffers.Binary;

namespace Quorate.Kernel.Machines;

/// <summary>
/// For each member the number that its next own proposal must have (A4). What a member proposes on its own behalf, opening and attaching
/// sessions, may reach the log twice when leaders change; the second copy carries a number that has gone by and is skipped.
/// </summary>
internal sealed class MemberNumbers
{
    public const int RecordLength = 24;

    private readonly (Incarnation Incarnation, ulong Next)[] _members = new (Incarnation, ulong)[byte.MaxValue + 1];

    public Digest Digest { get; private set; }

    /// <summary>Judges a number and, if its turn has come, counts it.</summary>
    public Verdict Judge(ServerId member, Incarnation incarnation, ulong number)
    {
        var (known, next) = _members[member.Value];
        if (incarnation.Birth == known.Birth && incarnation.Starts < known.Starts)
            return Verdict.Duplicate;
        if (incarnation != known)
            next = 1;
#if MUTANTS
        if (number < next && Mutant.Is(Mutants.AttachesTwice))
            return Verdict.Applied;
#endif
        if (number != next)
            return number < next ? Verdict.Duplicate : Verdict.Gap;
        Set(member, incarnation, next + 1);
        return Verdict.Applied;
    }

    /// <summary>How many members have proposed anything.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            foreach (var member in _members)
                count += member.Next > 0 ? 1 : 0;
            return count;
        }
    }

    /// <summary>Writes the record of the first member at or after <paramref name="member"/> that has one; returns the one to go on with.</summary>
    public int WriteNext(int member, Span<byte> record)
    {
        while (_members[member].Next == 0)
            member++;
        Encode(new((byte)member), _members[member], record);
        return member + 1;
    }

    public void Load(ReadOnlySpan<byte> record) => Set(
        new(record[0]),
        new(BinaryPrimitives.ReadUInt64LittleEndian(record[8..]), BinaryPrimitives.ReadUInt32LittleEndian(record[4..])),
        BinaryPrimitives.ReadUInt64LittleEndian(record[16..]));

    private void Set(ServerId member, Incarnation incarnation, ulong next)
    {
        ref var entry = ref _members[member.Value];
        Digest -= Contribution(member, entry);
        entry = (incarnation, next);
        Digest += Contribution(member, entry);
    }

    private static Digest Contribution(ServerId member, in (Incarnation Incarnation, ulong Next) entry)
    {
        if (entry.Next == 0)
            return Digest.Empty;
        Span<byte> record = stackalloc byte[RecordLength];
        Encode(member, entry, record);
        return Digest.Of(record, salt: 0x3E3BE5);
    }

    private static void Encode(ServerId member, in (Incarnation Incarnation, ulong Next) entry, Span<byte> record)
    {
        record[..4].Clear();
        record[0] = member.Value;
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], entry.Incarnation.Starts);
        BinaryPrimitives.WriteUInt64LittleEndian(record[8..], entry.Incarnation.Birth);
        BinaryPrimitives.WriteUInt64LittleEndian(record[16..], entry.Next);
    }
}
