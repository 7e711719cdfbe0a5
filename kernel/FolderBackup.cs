using Quorate.Kernel.Importing;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel;

/// <summary>A backup of a stopped member: the state that its data folder adds up to, written as a snapshot.</summary>
/// <remarks>It holds what that one member had, also what was never acknowledged by a majority, and lacks what only others had.</remarks>
public sealed class FolderBackup
{
    private const ulong Number = 1;

    private readonly FolderInspection _inspection;
    private readonly StillSnapshot _snapshot;
    private readonly WallTime _taken;

    /// <summary>Prepares a backup.</summary>
    /// <param name="inspection">The folder, whole and read to its end.</param>
    /// <param name="taken">When.</param>
    public FolderBackup(FolderInspection inspection, WallTime taken)
    {
        Invariant.Holds(inspection is { IsDone: true, Refusal: null, State: not null });
        (_inspection, _taken) = (inspection, taken);
        _snapshot = new(inspection.Machine, new());
    }

    /// <summary>Whether the snapshot is whole and flushed.</summary>
    public bool IsFinished => _snapshot.IsFinished;

    /// <summary>Why it could not be written, or null.</summary>
    public string? Failure => _snapshot.Failure;

    /// <summary>What belongs in front of the snapshot, once that is finished.</summary>
    public byte[] Header => _inspection.Header(_snapshot.Pointer, _snapshot.Bytes, _snapshot.Digest, _taken).Write();

    /// <summary>Begins to write. Every effect is a request for the one snapshot file, and completes.</summary>
    public void Begin(Effects effects) => _snapshot.Begin(Number, _inspection.Chain, effects);

    /// <summary>Takes note of a completion and goes on.</summary>
    public void Completed(DiskTicket ticket, DiskOutcome outcome, Effects effects) => _snapshot.Completed(ticket, outcome, effects);
}
