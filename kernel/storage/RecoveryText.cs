namespace Quorate.Kernel.Storage;

/// <summary>What recovery says to an operator: the file, the place in it, what is wrong there, and what to do.</summary>
/// <remarks>Every number in these sentences is positive, so no culture can spell it differently.</remarks>
internal static class RecoveryText
{
    private const string Restore = "Restore the data folder from a copy; quorate inspect shows what is readable.";

    private const string Rejoin = "Restore the superblock from a copy of this folder; without one the member must rejoin as a new one, "
        + "in an empty folder.";

    public const string SuperblockMissing =
        "The superblock is missing, but there is a journal or a snapshot: the votes of this member are forgotten. " + Rejoin;

    public const string SuperblockLost = "Both slots of the superblock are damaged: the votes of this member are forgotten. " + Rejoin;

    public const string TailMarkReplaced = "Both slots of the tail mark are damaged; the journal ends cleanly, so a new one is written.";

    public static string Newer(string what, uint version) =>
        $"{what} has format version {version}; this program reads up to {SealedBlock.Version}. Use a newer one.";

    public static string SlotRepaired(int slot) =>
        $"The superblock's slot {slot} was damaged or torn; it is rewritten from the other.";

    public static string Unreadable(string what) =>
        $"{what} could not be read: the device reported an error. Look at the device, then start the server again.";

    public static string UnreadableAt(string file, long offset) =>
        $"{file} could not be read at offset {offset}: the device reported an error.";

    public static string OtherMember(ulong segment, ulong birth, ulong expected) =>
        $"journal segment {segment} was written by another member (birth {birth:x16}, the superblock says {expected:x16}). "
        + "Put the data folder's own files back together.";

    public static string OtherPosition(in SnapshotPointer pointer, LogIndex found) =>
        $"snapshot {pointer.Number}, offset 0: it ends at entry {found}, the superblock says {pointer.Position.Index}.";

    public static string NoSnapshot(IEnumerable<string> problems) => $"{string.Join(' ', problems)} No older snapshot is intact. {Restore}";

    public static string TornWithoutMark(string torn) =>
        $"Both slots of the tail mark are damaged, and {torn} Without the mark it cannot be told whether that write had been acknowledged.";

    public static string Undecided(string what) =>
        $"{what} Delete the tail mark to accept the loss, or restore the data folder from a copy.";

    public static string Convalescent(LogIndex last, Convalescence convalescence) => $"Entries up to {last} are intact and kept. "
        + "The rest comes from the other members: until this one holds "
        + (convalescence.IsMarkLost
            ? "everything that a confirmed leader has, it does not vote"
            : $"entry {convalescence.Mark.Index} again, it votes with that in mind")
        + ", and it does not stand for election.";

    public static string RingTooSmall(LogIndex commit, LogIndex last) =>
        $"The journal ends at entry {last}, and only entries up to {commit} are known to be committed: the others do not fit into the memory for "
        + "recent entries, which was larger when they were written. Start with the jute.maxbuffer of that time, from which its size follows.";

    public static string Disowned(ulong snapshot) =>
        $"The journal does not continue snapshot {snapshot}, which has replaced it; it is deleted.";

    public static string Torn(ulong segment, long offset, LogIndex last) =>
        $"journal segment {segment}, offset {offset}: the log ends with a write that a crash interrupted; "
        + $"it was never acknowledged and is cut after entry {last}.";

    public static string Damage(string what, LogIndex last) => $"{what} The journal is intact up to entry {last}. {Restore}";

    public static string HeaderDamaged(ulong segment, LogIndex missing, LogIndex witnessed) =>
        $"journal segment {segment}, offset 0: the header is damaged, so entry {missing} cannot be read, "
        + $"although everything up to entry {witnessed} had been flushed.";

    public static string HeaderAmbiguous(ulong segment, LogIndex entry) =>
        $"journal segment {segment}, offset 0: the header is damaged, "
        + $"so it cannot be told whether entry {entry} is the one here or the one in an older segment.";

    public static string SegmentMissing(LogIndex missing, LogIndex witnessed) =>
        $"the journal segment with entry {missing} is missing, although everything up to entry {witnessed} had been flushed.";

    public static string RecordMissing(ulong segment, long offset, LogIndex missing, bool isDamaged, LogIndex witnessed) =>
        $"journal segment {segment}, offset {offset}: the record of entry {missing} is {(isDamaged ? "damaged" : "missing")}, "
        + $"although everything up to entry {witnessed} had been flushed.";

    public static string Discontinued(ulong segment, LogIndex first) =>
        $"journal segment {segment}, offset 0: it does not continue the segment before it at entry {first}.";

    public static string Contradicted(ulong segment, LogIndex entry, string who) =>
        $"journal segment {segment}: entry {entry} is not the one that {who} witnessed.";
}
