namespace Quorate.Simulation;

/// <summary>
/// Classes of what a storm does. Of the kinds of fault in those that are named about half are absent from any one seed, so that each is
/// also met without the others.
/// </summary>
[Flags]
public enum Faults
{
    /// <summary>Nothing goes wrong.</summary>
    None = 0,

    /// <summary>
    /// Processes stand still, as under a long garbage collection, in a suspended machine, or under SIGSTOP: members and your computers.
    /// </summary>
    Pauses = 1,

    /// <summary>
    /// Members are killed, lose power with what they have not flushed, or are restarted; your computers lose power and begin anew.
    /// </summary>
    Crashes = 2,

    /// <summary>Nothing gets through between some: halves, islands, bridges, one-way streets, members and your computers.</summary>
    Partitions = 4,

    /// <summary>What is sent comes late, in bursts.</summary>
    Delays = 8,

    /// <summary>
    /// Wall clocks are set, and clocks run faster and slower than before; never by more than the drift that clients reckon with.
    /// </summary>
    Clocks = 16,

    /// <summary>Members' disks are slow or full, and writes and flushes fail.</summary>
    Disks = 32,

    /// <summary>Leadership of the ensemble is handed over, and snapshots are taken, at any moment.</summary>
    Leadership = 64,

    /// <summary>All of them.</summary>
    All = Pauses | Crashes | Partitions | Delays | Clocks | Disks | Leadership,
}
