using System.Globalization;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Simulation.Disks;

namespace Quorate.Simulation;

/// <summary>What a scenario can do to its world.</summary>
public enum FaultKind
{
    /// <summary>A process stands still.</summary>
    Pause,
    /// <summary>A process is killed, and started again at the end.</summary>
    Kill,
    /// <summary>A computer loses power; it is started again at the end.</summary>
    Crash,
    /// <summary>A server is asked to stop; when it has, it is started again.</summary>
    Restart,
    /// <summary>Nothing gets through in a direction, or in both.</summary>
    Cut,
    /// <summary>What is sent arrives at the end.</summary>
    Clog,
    /// <summary>A wall clock is set.</summary>
    Jump,
    /// <summary>A clock runs fast or slow by so many parts per million.</summary>
    Rate,
    /// <summary>A disk takes so many times as long.</summary>
    Slow,
    /// <summary>A disk has no room.</summary>
    Full,
    /// <summary>So many of a million writes fail.</summary>
    FailWrites,
    /// <summary>So many of a million flushes fail.</summary>
    FailFlushes,
    /// <summary>A bit changes in what a disk has flushed.</summary>
    Rot,
    /// <summary>The next write to a kind of file goes to another place in it.</summary>
    Misdirect,
    /// <summary>Flushes report success and do nothing.</summary>
    Lie,
    /// <summary>A computer loses power and its disk is emptied; it is started again at the end.</summary>
    Wipe,
    /// <summary>A server writes a snapshot.</summary>
    Snapshot,
    /// <summary>The leader is asked to hand over.</summary>
    Transfer,
    /// <summary>Frames of one kind between members are lost; of datagrams only.</summary>
    Drop,
    /// <summary>Frames of one kind between members arrive at the end, and others overtake them; of datagrams only.</summary>
    Hold,
    /// <summary>The operator is asked to change the part that a server has in the ensemble.</summary>
    Reconfig,
}

/// <summary>What a crash or a kill waits for once its time has come.</summary>
public enum FaultCue
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>A flush of a kind of file is about to have its effect: what it was to make durable is in doubt.</summary>
    Before,
    /// <summary>A flush of a kind of file has had its effect: what was to follow it on the disk has not happened.</summary>
    After,
}

/// <summary>What the operator does with a server.</summary>
public enum MemberChange
{
    /// <summary>It belongs to the ensemble no more, and goes on running.</summary>
    Remove,
    /// <summary>It is a voter from then on.</summary>
    Add,
    /// <summary>It is an observer from then on.</summary>
    Observe,
    /// <summary>Its disk is emptied, and it is removed and added again.</summary>
    Replace,
}

/// <summary>Whom a fault concerns; who leads, and hence who the others are, is looked up when it begins.</summary>
public enum PartyKind
{
    /// <summary>A member, by id.</summary>
    Member,
    /// <summary>A client, by number.</summary>
    Client,
    /// <summary>The member that leads then; nobody if none does.</summary>
    Leader,
    /// <summary>The member that led before another one did; nobody while there was no change.</summary>
    Former,
    /// <summary>A member that runs and does not lead then; the former leader only if there is no other. By id, the first.</summary>
    Follower,
    /// <summary>Every member that is not on the other side.</summary>
    Others,
    /// <summary>Every client that is not on the other side.</summary>
    Clients,
    /// <summary>The client whose turn it is in a queue, in an office rather than elsewhere; nobody if there is none.</summary>
    Holder,
}

/// <summary>One party of a fault.</summary>
/// <param name="Kind">Which kind.</param>
/// <param name="Number">The member's id or the client's number.</param>
public readonly record struct Party(PartyKind Kind, int Number = 0)
{
    /// <summary>The leader.</summary>
    public static readonly Party Leader = new(PartyKind.Leader);

    /// <summary>The leader before the leader.</summary>
    public static readonly Party Former = new(PartyKind.Former);

    /// <summary>One that follows.</summary>
    public static readonly Party Follower = new(PartyKind.Follower);

    /// <summary>The other members.</summary>
    public static readonly Party Others = new(PartyKind.Others);

    /// <summary>The clients.</summary>
    public static readonly Party Clients = new(PartyKind.Clients);

    /// <summary>Whose turn it is.</summary>
    public static readonly Party Holder = new(PartyKind.Holder);

    /// <summary>A member.</summary>
    public static Party Member(ServerId id) => new(PartyKind.Member, id.Value);

    /// <summary>A client.</summary>
    public static Party Client(int number) => new(PartyKind.Client, number);

    /// <summary>As scenarios write it.</summary>
    public override string ToString() => Kind switch
    {
        PartyKind.Member => Number.ToString(CultureInfo.InvariantCulture),
        PartyKind.Client => string.Create(CultureInfo.InvariantCulture, $"c{Number}"),
        PartyKind.Leader => "leader",
        PartyKind.Former => "former",
        PartyKind.Follower => "follower",
        PartyKind.Others => "others",
        PartyKind.Holder => "holder",
        _ => "clients",
    };
}

/// <summary>One thing that goes wrong.</summary>
public sealed record Fault
{
    /// <summary>When it begins, in the world's time.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>How long it lasts; nothing for what has no duration.</summary>
    public TimeSpan For { get; init; }

    /// <summary>What it is.</summary>
    public required FaultKind Kind { get; init; }

    /// <summary>Whom it befalls; the senders of a cut or a clog.</summary>
    public required IReadOnlyList<Party> Whom { get; init; }

    /// <summary>The receivers of a cut or a clog.</summary>
    public IReadOnlyList<Party> To { get; init; } = [];

    /// <summary>A cut or clog in both directions.</summary>
    public bool BothWays { get; init; }

    /// <summary>How much, for what has an amount: times as slow, parts per million, milliseconds of a jump.</summary>
    public int Amount { get; init; }

    /// <summary>What a crash does to unflushed writes.</summary>
    public CrashMode Mode { get; init; }

    /// <summary>What a reconfig does.</summary>
    public MemberChange Change { get; init; }

    /// <summary>Which kind of file rots, is written beside, or gives the cue.</summary>
    public DiskFileKind File { get; init; } = DiskFileKind.Journal;

    /// <summary>What a crash or a kill waits for: it befalls whoever of those concerned is the first to flush such a file.</summary>
    public FaultCue Cue { get; init; }

    /// <summary>Which frames are lost or held.</summary>
    internal PeerKind Frames { get; init; } = PeerKind.Append;

    /// <summary>Whether it can destroy what a member has acknowledged.</summary>
    public bool IsDamage => Kind is FaultKind.Rot or FaultKind.Misdirect or FaultKind.Lie or FaultKind.Wipe;

    /// <summary>
    /// Whether it can be told, when it comes, what it would destroy, and whether that stays whole on a majority: then any member may suffer
    /// it. What a write that goes astray or a flush that lies was to keep is nowhere yet; superblock and tail mark hold no entries.
    /// </summary>
    public bool IsJudged => Kind == FaultKind.Rot && File is DiskFileKind.Journal or DiskFileKind.Snapshot;

    /// <summary>Whether it has two sides.</summary>
    public bool IsBetween => Kind is FaultKind.Cut or FaultKind.Clog || IsOfFrames;

    /// <summary>Whether it concerns frames of one kind.</summary>
    public bool IsOfFrames => Kind is FaultKind.Drop or FaultKind.Hold;

    /// <summary>Whether it takes a process down, and may wait for a cue.</summary>
    public bool TakesDown => Kind is FaultKind.Crash or FaultKind.Kill;

    /// <summary>Whether it lasts.</summary>
    public bool Lasts =>
        Kind is not (FaultKind.Restart or FaultKind.Jump or FaultKind.Rot or FaultKind.Misdirect or FaultKind.Snapshot or FaultKind.Transfer
        or FaultKind.Reconfig);

    /// <summary>The line of it in a scenario.</summary>
    public override string ToString() => FaultText.Print(this);
}
