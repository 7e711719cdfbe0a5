using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Importing;

/// <summary>Writes a state as the first files of a fresh data folder: a snapshot, and when that is durable, the superblock that names it.</summary>
/// <remarks>
/// In this order because a folder without superblock is refused: whenever the power fails, there is either the whole state, or a folder that
/// no server takes for anything. What the log was before is summed up in the chain value of the position: it follows from the digest, so
/// that folders with different contents never look like one history.
/// </remarks>
internal sealed class FoundingImage
{
    private readonly SuperblockState _state;
    private readonly StillSnapshot _snapshot;
    private readonly Superblock _superblock;
    private bool _isPointed;

    /// <summary>An image of a state. Nothing is written before <see cref="Begin"/>.</summary>
    /// <param name="machine">The state; it stays as it is.</param>
    /// <param name="state">The superblock, all but the snapshot.</param>
    public FoundingImage(Machine machine, SuperblockState state)
    {
        var tickets = new DiskTickets();
        _state = state;
        _snapshot = new(machine, tickets);
        _superblock = new(tickets, found: null);
    }

    /// <summary>Whether all of it is on the disk for good.</summary>
    public bool IsDurable => _isPointed && _superblock.Idle && Failure is null;

    /// <summary>Why it cannot be, or null.</summary>
    public string? Failure => _snapshot.Failure ?? _superblock.Failure;

    /// <summary>Begins to write.</summary>
    public void Begin(Effects effects)
    {
        _snapshot.Begin(number: 1, chain: (ulong)_snapshot.Digest.Value, effects);
        GoOn(effects);
    }

    /// <summary>Takes note of a completion and goes on.</summary>
    public void Completed(DiskTicket ticket, DiskOutcome outcome, Effects effects)
    {
        if (DiskTickets.OwnerOf(ticket) == DiskFileKind.Superblock)
            _superblock.Completed(ticket, outcome, effects);
        else
            _snapshot.Completed(ticket, outcome, effects);
        GoOn(effects);
    }

    private void GoOn(Effects effects)
    {
        if (!_snapshot.IsFinished || _isPointed)
            return;
        _isPointed = true;
        _superblock.Write(_state.WithSnapshot(_snapshot.Pointer, kept: 1), effects);
    }
}
