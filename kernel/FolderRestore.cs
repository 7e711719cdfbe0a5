using Quorate.Kernel.Ground;
using Quorate.Kernel.Importing;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel;

/// <summary>
/// Makes an empty data folder into one from which a new ensemble is founded with the state of a backup: by its member alone, or together
/// with others whose folders are empty.
/// </summary>
/// <remarks>
/// The term goes on far behind the newest one that the backup knows. What the former ensemble did after the backup was taken is in later
/// terms, but it has had no million elections since: so no zxid that a client has ever seen lies ahead of those that the new ensemble gives,
/// and no id of a new session is one that the former ensemble has given.
/// </remarks>
public sealed class FolderRestore
{
    /// <summary>So many terms are left to what happened after the backup was taken; there is room for 1,700 restorations one upon the other.</summary>
    public const uint TermsLeftOut = 1 << 20;

    private readonly FoundingImage? _image;

    /// <summary>Prepares to restore a backup that has been read.</summary>
    /// <param name="backup">The backup; of no use to anybody else afterwards.</param>
    /// <param name="seed">Feeds all chance.</param>
    public FolderRestore(BackupReading backup, ulong seed)
    {
        Invariant.Holds(backup.Summary is not null);
        var machine = backup.Machine;
        var newest = Math.Max(Math.Max(backup.NewestTerm.Value, machine.AppliedTerm.Value), machine.Zxid.Epoch.Value);
        if (newest + (ulong)TermsLeftOut > FoundingState.EpochMax)
        {
            Refusal = $"Its term, {newest}, is so high that zxids would run out.";
            return;
        }
        var term = new Term(newest + TermsLeftOut);
        machine.Refound(new(machine.AppliedIndex, term, new(0)));
        _image = new(machine, new() { Birth = new Dice(seed).Next(), Term = term });
    }

    /// <summary>Why the backup cannot be restored although it is whole; null when it can.</summary>
    public string? Refusal { get; }

    /// <summary>Whether the new folder is whole and on the disk for good.</summary>
    public bool IsDurable => _image is { IsDurable: true };

    /// <summary>Why the new folder could not be written, or null.</summary>
    public string? Failure => _image?.Failure;

    /// <summary>Begins to write. Every effect is a disk request, and completes.</summary>
    public void Begin(Effects effects) => _image!.Begin(effects);

    /// <summary>Takes note of a completion and goes on.</summary>
    public void Completed(DiskTicket ticket, DiskOutcome outcome, Effects effects) => _image!.Completed(ticket, outcome, effects);
}
