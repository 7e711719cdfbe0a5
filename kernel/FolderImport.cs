using Quorate.Kernel.Importing;
using Quorate.Kernel.Storage;
using Quorate.Kernel.Trees;

namespace Quorate.Kernel;

/// <summary>What an import found.</summary>
/// <param name="Snapshot">The snapshot of ZooKeeper's that it began with; empty if there was none.</param>
/// <param name="Transactions">How many transactions of the logs were applied to it.</param>
/// <param name="Znodes">Znodes, the system's own included.</param>
/// <param name="Sessions">Open sessions.</param>
/// <param name="Ephemerals">Ephemerals of those sessions.</param>
/// <param name="LastZxid">The last transaction.</param>
/// <param name="Notes">What an operator should know though it is no error.</param>
public sealed record ImportSummary(
    string Snapshot, int Transactions, int Znodes, int Sessions, int Ephemerals, Zxid LastZxid, IReadOnlyList<string> Notes);

/// <summary>
/// Brings a folder of ZooKeeper's over: takes its files one at a time, then writes a fresh data folder that a server goes on from.
/// </summary>
/// <remarks>
/// Without I/O, like all of the kernel: <see cref="Wanted"/> names the file that is needed next, and what is to be written comes as effects.
/// Nothing is written unless everything could be read.
/// </remarks>
public sealed class FolderImport
{
    private readonly ZooKeeperImport _import;
    private readonly List<string> _notes = [];
    private uint _epoch;
    private Flaw? _flaw;
    private FoundingImage? _image;

    /// <summary>Begins an import.</summary>
    /// <param name="snapshotNames">The names of all files in <c>dataDir/version-2</c>.</param>
    /// <param name="logNames">The names of all files in <c>dataLogDir/version-2</c>: the same ones, unless logs have a folder of their own.</param>
    /// <param name="options">What the operator has decided.</param>
    public FolderImport(IEnumerable<string> snapshotNames, IEnumerable<string> logNames, ImportOptions options)
    {
        _import = new(new(snapshotNames, logNames), options);
        Conclude();
    }

    /// <summary>The file whose bytes are needed next, unpacked; null when there is none.</summary>
    public FolderFile? Wanted => _import.Wanted;

    /// <summary>Why the folder cannot be imported: file, place, and what to do; null as long as it can.</summary>
    public string? Refusal => (_import.Flaw ?? _flaw)?.ToString();

    /// <summary>What was found, once nothing more is wanted and nothing refused.</summary>
    public ImportSummary? Summary { get; private set; }

    /// <summary>Whether the new folder is whole and on the disk for good.</summary>
    public bool IsDurable => _image is { IsDurable: true };

    /// <summary>Why the new folder could not be written, or null.</summary>
    public string? Failure => _image?.Failure;

    /// <summary>
    /// Takes the text of <c>acceptedEpoch</c> or <c>currentEpoch</c>, if the folder has them: a member of an ensemble may have promised an
    /// epoch that had no transaction yet, and its clients have seen zxids of it. Before the last file is given.
    /// </summary>
    public void Promise(string name, ReadOnlySpan<byte> text)
    {
        if (ZooKeeperFolder.TryParseNumber(text, out var epoch) && epoch is >= 0 and <= uint.MaxValue)
            _epoch = Math.Max(_epoch, (uint)epoch);
        else
            _notes.Add($"{name} does not hold a number and is passed over.");
    }

    /// <summary>Takes the bytes of the wanted file. Those of a snapshot must not change afterwards; those of a log may.</summary>
    public void Give(ReadOnlyMemory<byte> bytes)
    {
        _import.Give(bytes);
        Conclude();
    }

    /// <summary>
    /// Begins to write the new folder, which must be empty. Who serves it founds an ensemble upon it: alone, or with others whose folders are
    /// empty. Every effect is a disk request, and completes.
    /// </summary>
    /// <param name="seed">Feeds all of its chance.</param>
    /// <param name="effects">Gets the requests.</param>
    public void Found(ulong seed, Effects effects)
    {
        Invariant.Holds(Summary is not null && _image is null);
        var dice = new Dice(seed);
        var epoch = Epoch(_import.Tree!);
        _image = new(FoundingState.Of(_import.Tree!, epoch, dice.Next()), new() { Birth = dice.Next(), Term = epoch });
        _image.Begin(effects);
    }

    /// <summary>Takes note of a completion and goes on.</summary>
    public void Completed(DiskTicket ticket, DiskOutcome outcome, Effects effects) => _image!.Completed(ticket, outcome, effects);

    private Term Epoch(ImportedTree tree) => new(Math.Max(_epoch, tree.LastZxid.Epoch.Value));

    private void Conclude()
    {
        if (_import.Tree is not { } tree)
            return;
        _flaw = FoundingState.Check(tree, Epoch(tree));
        if (_flaw is not null)
            return;
        if (tree.Find(SystemNodes.Config) is { Data.IsEmpty: false })
            _notes.Add("The members that /zookeeper/config names are left out: who belongs to the new ensemble is said by the configuration it is started with.");
        Summary = new(
            _import.Snapshot, _import.Transactions, tree.Count, tree.SessionCount, tree.EphemeralCount, tree.LastZxid, [.. _import.Notes, .. _notes]);
    }
}
