namespace Quorate.Simulation;

/// <summary>What can go wrong in the world, as it is counted.</summary>
public enum FaultClass
{
    /// <summary>A process was paused.</summary>
    Pause,
    /// <summary>A process was killed; its disk noticed nothing.</summary>
    Kill,
    /// <summary>A computer lost power.</summary>
    Crash,
    /// <summary>A crash lost everything that had not been flushed.</summary>
    LostWrites,
    /// <summary>A crash kept a part of what had not been flushed.</summary>
    TornWrites,
    /// <summary>A server was stopped in order and started again.</summary>
    Restart,
    /// <summary>A client's computer lost power.</summary>
    ClientCrash,
    /// <summary>A link was cut, in one direction or both.</summary>
    Cut,
    /// <summary>A link was clogged: what it was given came later.</summary>
    Clog,
    /// <summary>A frame between members was lost.</summary>
    Loss,
    /// <summary>A frame between members came twice.</summary>
    Duplicate,
    /// <summary>A frame between members overtook another.</summary>
    Reorder,
    /// <summary>A connection broke.</summary>
    Break,
    /// <summary>A link would not take more than it may owe.</summary>
    Overflow,
    /// <summary>A client was owed so much that its server waited for it.</summary>
    SlowReader,
    /// <summary>A wall clock was set.</summary>
    ClockJump,
    /// <summary>A clock's rate changed.</summary>
    ClockRate,
    /// <summary>A disk request stalled.</summary>
    DiskStall,
    /// <summary>A disk was slow.</summary>
    SlowDisk,
    /// <summary>A write found no room.</summary>
    DiskFull,
    /// <summary>A write failed.</summary>
    FailedWrite,
    /// <summary>A flush failed.</summary>
    FailedFlush,
    /// <summary>Flushed bytes changed.</summary>
    BitRot,
    /// <summary>A write went to another place.</summary>
    Misdirection,
    /// <summary>A flush reported success and did nothing.</summary>
    Lie,
    /// <summary>A member's disk was emptied.</summary>
    Wipe,
    /// <summary>The operator has changed who the members are.</summary>
    MemberChange,
}

/// <summary>How often each fault had an effect in a run. A class that never fires in a whole swarm tests nothing.</summary>
public sealed class FaultCounts
{
    private readonly long[] _counts = new long[Enum.GetValues<FaultClass>().Length];

    /// <summary>How often one class fired.</summary>
    public long this[FaultClass fault] => _counts[(int)fault];

    /// <summary>How often any fired.</summary>
    public long Total
    {
        get
        {
            var total = 0L;
            foreach (var count in _counts)
                total += count;
            return total;
        }
    }

    /// <summary>Adds another run's counts.</summary>
    public void Add(FaultCounts other)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
    }

    internal void Fired(FaultClass fault) => _counts[(int)fault]++;
}
