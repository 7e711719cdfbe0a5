#if MUTANTS
namespace Quorate.Kernel.Ground;

/// <summary>
/// Bugs that are planted, each the heart of an incident or of an amendment, each a line or two at the place that it breaks. They exist only
/// where the kernel is compiled with MUTANTS, which is in tests/mutants; the swarm must find every one of them.
/// </summary>
internal enum Mutants
{
    /// <summary>The kernel as it ships.</summary>
    None,

    [Planted("S-33", 1, "A write is answered when it was handed to the disk.")]
    RepliesBeforeFlush,

    [Planted("S-38", 1, "A batch of the journal counts as durable when it is written.")]
    JournalNotFlushed,

    [Planted("S-72", 1, "What a session does is no sign of life.")]
    TouchForgotten,

    [Planted("S-04, C4", 3, "Term and vote are kept in mind and not on the disk.")]
    VoteNotWritten,

    [Planted("A3", 3, "A generation of the superblock counts when one slot holds it.")]
    OneSlotSuffices,

    [Planted("S-03", 3, "A follower acknowledges what it has received, on the disk or not.")]
    AcksBeforeFlush,

    [Planted("S-02, C4", 3, "A leader counts its own log before it is on the disk.")]
    LeaderCountsUnflushed,

    [Planted("S-70", 3, "What had been flushed when a log was cut counts as flushed afterwards.")]
    CutCountsAsFlushed,

    [Planted("A10", 3, "The marks of a log that is cut stay as high as they were.")]
    MarkNotLowered,

    [Planted("S-09, S-16, B8", 1, "A write or a flush that fails is taken for done.")]
    FailuresIgnored,

    [Planted("S-17, S-01", 3, "A member that starts takes all of its journal for committed.")]
    TailIsCommitted,

    [Planted("S-13", 3, "What changes while a snapshot is taken is in it as it is afterwards.")]
    FuzzySnapshot,

    [Planted("S-42", 3, "Snapshots and segments are dropped before the superblock names for good what replaces them.")]
    DropsBeforePointer,

    [Planted("S-23", 3, "Who is behind the journal of the leader is still sent entries and no snapshot.")]
    NoSnapshotSent,

    [Planted("B5", 3, "Who is behind the memory of the leader gets a snapshot, whatever the journal has.")]
    JournalNotLent,

    [Planted("S-11", 3, "A received snapshot is put in force before the superblock names it.")]
    SnapshotInMemoryOnly,

    [Planted("S-30, A8", 3, "A member whose journal was damaged votes and acknowledges as if it were whole.")]
    DamageForgotten,

    [Planted("S-29, S-68, A14", 3, "A member with an empty disk votes and counts as the one that it was.")]
    EmptyDiskVotes,

    [Planted("S-06", 3, "A heartbeat tells followers to commit what they may not have.")]
    CommitsBeyondMatch,

    [Planted("S-75", 3, "A leader commits entries of older terms by counting them.")]
    CommitsOlderTerms,

    [Planted("S-08", 3, "Whoever asks is voted for, whatever its log lacks.")]
    AnyLogMayLead,

    [Planted("S-19", 3, "An observer's acknowledgement counts for a voter's.")]
    ObserversCount,

    [Planted("S-36", 3, "A leader speaks for the ensemble before its opening entry is committed.")]
    SpeaksBeforeOpening,

    [Planted("S-74", 3, "A leader that hears nobody goes on leading.")]
    NeverStepsDown,

    [Planted("S-25, B12", 3, "A leader that commits nothing goes on leading as long as it is answered.")]
    StallTolerated,

    [Planted("S-43", 3, "Whoever misses the leader begins a term at once, and is listened to.")]
    AnybodyDisrupts,

    [Planted("S-26, B2", 3, "Entries that are not applied yet are forgotten when a term runs out of numbers.")]
    UnappliedNotCounted,

    [Planted("S-61", 3, "The leader's time follows its wall clock back.")]
    TimeRunsBack,

    [Planted("S-39", 3, "A follower answers a sync before it has applied what was committed.")]
    SyncsBeforeApplied,

    [Planted("S-35, B1", 3, "The number of a question that was given up is used again: an answer to the one counts for the other.")]
    QuestionNumbersReused,

    [Planted("S-36", 3, "Nobody looks at the setting that makes reads linearizable.")]
    SettingIgnored,

    [Planted("S-34", 3, "A member answers pings by itself.")]
    PongsUnconfirmed,

    [Planted("S-67", 3, "Followers do not say whom they have heard from.")]
    TouchesNotForwarded,

    [Planted("A6", 3, "What is appended for a session does not touch it.")]
    AppendedUntouched,

    [Planted("A5", 3, "A shorter timeout counts before the owner of the session knows of it.")]
    ShorterTimeoutAtOnce,

    [Planted("A5", 3, "A new leader goes by the timeout that was granted last, whether the owner of the session knows of it or not.")]
    LongerTimeoutForgotten,

    [Planted("B10", 3, "Sessions of connections that are not read from are not touched.")]
    HeldUntouched,

    [Planted("S-72, B3", 3, "A leader that is elected again goes on with the timers of its last time.")]
    OldTimersKept,

    [Planted("S-58, B13", 3, "A session whose silence is in the log is never closed.")]
    NeverExpires,

    [Planted("S-73, B13", 3, "A new leader grants every session a full timeout, whatever the log says of its silence.")]
    SilenceForgotten,

    [Planted("S-57, S-59", 3, "What was sent on an earlier connection still takes effect after the session has moved.")]
    MovedWritesApply,

    [Planted("A4", 3, "A write that reaches the log twice takes effect twice.")]
    DuplicatesApply,

    [Planted("S-71, A4", 3, "A session that is asked for once is opened or attached as often as that reaches the log.")]
    AttachesTwice,

    [Planted("A11", 3, "What was forwarded to a leader is not forwarded again.")]
    ForwardedOnce,

    [Planted("B1, A4", 1, "A member that starts numbers its proposals as in its life before.")]
    StartsNotCounted,

    [Planted("S-10, S-22", 3, "The ephemerals of a session outlive it.")]
    EphemeralsOutlive,

    [Planted("S-69", 3, "A multi that fails leaves its parents' pzxid behind.")]
    UndoForgetsPzxid,

    [Planted("S-24", 3, "A delete that is undone does not hold on to the znode's ACL.")]
    UndoLosesAcl,

    [Planted("S-48", 3, "Numbers of sequential znodes come back when siblings are deleted.")]
    SuffixesComeBack,

    [Planted("S-62", 3, "A watch event leaves behind the reply that shows the change.")]
    EventsAfterReply,

    [Planted("S-14, S-63", 3, "A client that reconnects is told of children only if the parent's data changed too.")]
    MissedChildrenUntold,

    [Planted("A13", 3, "The watches of a batch of reads are armed when all of it is answered.")]
    WatchesArmedLate,

    [Planted("S-71", 3, "The watches of a connection outlive it.")]
    WatchesOfTheGone,

    [Planted("A2", 3, "Who waits for no answer stays connected when a snapshot is put in force, and its watches are forgotten.")]
    WatchesLostToSnapshot,

    [Planted("A12", 3, "A write is proposed although a sync before it is not answered.")]
    WritesPassSyncs,

    [Planted("A1", 3, "A write does not wait for the reads before it.")]
    ReadsNotWaitedFor,

    [Planted("S-61", 3, "The fence is counted from when an answer was received, not from when its request was sent.")]
    FenceFromReceipt,

    [Planted("S-51", 3, "The fence takes every clock for true.")]
    DriftIgnored,

    [Planted("S-51", 3, "A lost connection is tolerated for a whole timeout, counted from its loss.")]
    SuspensionTolerated,

    [Planted("S-60, S-51", 3, "Who holds something is deposed only by being told.")]
    DeposedByEventOnly,

    [Planted("S-44", 3, "Whose turn has come does not look whether its own session can still be relied on.")]
    TurnOfTheDead,

    [Planted("S-45", 3, "Who was not told whether its znode was made makes another.")]
    OrphanLeft,

    [Planted("S-50", 3, "Who is told that it is connected asks for a place although it has asked for one already.")]
    AskedTwice,

    [Planted("S-46, S-47", 3, "The znode that an earlier session left in the queue is taken for one's own.")]
    OldZnodeAdopted,

    [Planted("S-48", 3, "Numbers are compared as if they never ran over.")]
    NumbersRunOver,

    [Planted("S-49, S-53", 3, "When the one ahead goes it is one's turn, whoever stands further ahead.")]
    PredecessorBelieved,

    [Planted("S-52", 3, "A release whose answer is lost is taken for done.")]
    ReleaseForgotten,

    [Planted("S-45, S-52", 3, "Whose patience ends goes, and leaves its znode in the queue.")]
    PatienceLeavesZnode,

    [Planted("S-53", 3, "Readers do not look for writers ahead.")]
    ReadersPassWriters,

    [Planted("S-53", 3, "A semaphore lets one more in than it has places.")]
    OnePlaceTooMany,

    [Planted("S-59", 3, "The fencing token is the zxid of the last write to the znode, not of its creation.")]
    TokenOfLastWrite,

    [Planted("S-59, S-61", 3, "The resource does not look at tokens.")]
    TokensIgnored,

    [Planted("S-59", 3, "What holders write into the tree leaves out the check of the znode that stands for their turn.")]
    GuardForgotten,

    [Planted("B14", 3, "Who holds something does not watch its own znode.")]
    OwnZnodeUnwatched,

    [Planted("B14", 3, "Who holds something and is told that its znode was deleted goes on.")]
    DeletionIgnored,

    [Planted("B14", 3, "What is held is given up when the release is answered, not before it is sent.")]
    GivenUpAfterRelease,

    [Planted("S-56", 3, "Who finds a znode at its place takes it for its own registration.")]
    OldRegistrationBelieved,

    [Planted("S-58", 3, "Who was registered once does not register again.")]
    NeverRegisteredAgain,

    [Planted("S-57", 3, "What was decided under one session is asked under the next.")]
    AskedInAnotherLife,

    [Planted("S-64", 3, "Who waits watches everybody ahead.")]
    EverybodyWatched,
}

/// <summary>What a planted bug goes back to, where it lives, and what it does.</summary>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class PlantedAttribute(string after, int members, string what) : Attribute
{
    /// <summary>The incidents and amendments, by number.</summary>
    public string After => after;

    /// <summary>How many members it takes to show.</summary>
    public int Members => members;

    /// <summary>What it does, in a sentence.</summary>
    public string What => what;
}

/// <summary>Which of them is alive on this thread: each runs worlds of its own.</summary>
internal static class Mutant
{
    [ThreadStatic]
    private static Mutants s_active;

    /// <summary>The one.</summary>
    public static Mutants Active
    {
        get => s_active;
        set => s_active = value;
    }

    /// <summary>Whether it is this one.</summary>
    public static bool Is(Mutants mutant) => s_active == mutant;
}
#endif
