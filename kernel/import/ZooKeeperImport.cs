namespace Quorate.Kernel.Importing;

/// <summary>What an operator may decide about an import.</summary>
public sealed record ImportOptions
{
    /// <summary>Whether logs alone are enough: they are replayed on an empty tree. ZooKeeper's <c>snapshot.trust.empty</c>.</summary>
    public bool TrustEmpty { get; init; }

    /// <summary>Whether to leave ZooKeeper's own digests uncompared.</summary>
    public bool IgnoreDigests { get; init; }
}

/// <summary>
/// Reads a <c>version-2</c> folder of ZooKeeper, a file at a time: <see cref="Wanted"/> names the next, <see cref="Give"/> takes its bytes.
/// </summary>
/// <remarks>
/// The newest snapshot that is whole, then every transaction after it. A damaged newer snapshot is passed over as ZooKeeper does, but not
/// in silence, and the logs must then reach at least as far as it did. Whatever the bytes are, no exception leaves.
/// </remarks>
internal sealed class ZooKeeperImport
{
    private readonly ZooKeeperFolder _folder;
    private readonly ImportOptions _options;
    private readonly List<string> _notes = [];
    private readonly Queue<FolderFile> _queue = new();
    private ZooKeeperState? _state;
    private Zxid _seen;
    private Flaw? _firstFlaw;

    /// <summary>Begins an import.</summary>
    public ZooKeeperImport(ZooKeeperFolder folder, ImportOptions options)
    {
        (_folder, _options) = (folder, options);
        foreach (var snapshot in folder.Snapshots)
            _queue.Enqueue(snapshot);
        if (_queue.Count == 0)
            WithoutSnapshot();
        Advance();
    }

    /// <summary>The file whose bytes are needed next, unpacked; null at the end.</summary>
    public FolderFile? Wanted { get; private set; }

    /// <summary>Why the folder cannot be imported, or null.</summary>
    public Flaw? Flaw { get; private set; }

    /// <summary>The result, once nothing more is wanted and there is no flaw.</summary>
    public ImportedTree? Tree { get; private set; }

    /// <summary>The snapshot that was used; empty if there was none.</summary>
    public string Snapshot { get; private set; } = "";

    /// <summary>How many transactions of the logs were applied.</summary>
    public int Transactions => _state?.Applied ?? 0;

    /// <summary>What an operator should know though it is no error, one sentence or two each.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Takes the bytes of the wanted file. Those of a snapshot must not change afterwards; those of a log may.</summary>
    public void Give(ReadOnlyMemory<byte> bytes)
    {
        Invariant.Holds(Wanted is not null);
        var file = Wanted.Value;
        if (file.IsLog)
            Replay(file, bytes.Span);
        else
            Load(file, bytes);
        Advance();
    }

    private void Load(FolderFile file, ReadOnlyMemory<byte> bytes)
    {
        Flaw? flaw = null;
        if (ZooKeeperSnapshot.LooksComplete(bytes.Span) && ZooKeeperSnapshot.TryRead(file.Name, bytes, out var snapshot, out flaw))
            _state = ZooKeeperState.Load(snapshot, file.Zxid, _options.IgnoreDigests, out flaw);
        else
            flaw ??= new(file.Name, bytes.Length, "The snapshot does not end as a complete one does", Flaw.AnotherCopy);
        if (flaw is not null)
            PassOver(file, flaw);
        else
            Begin(file);
    }

    private void PassOver(FolderFile file, Flaw flaw)
    {
        _state = null;
        _firstFlaw ??= flaw;
        _seen = file.Zxid > _seen ? file.Zxid : _seen;
        _notes.Add($"{flaw} Passed over, in favour of an older snapshot and the logs since.");
    }

    private void Begin(FolderFile file)
    {
        Snapshot = file.Name;
        _state!.Require(_seen);
        _queue.Clear();
        foreach (var log in _folder.LogsAfter(file.Zxid))
            _queue.Enqueue(log);
        if (_queue.TryPeek(out var first) && first.Zxid.Value > file.Zxid.Value + 1)
            MissingBetween(file, first);
    }

    /// <summary>
    /// No log covers the transaction after the snapshot. Numbers are skipped where an epoch ends, and now and then by an oddity, so this is
    /// only worth a note; but with an older snapshot than the newest it means that logs were purged.
    /// </summary>
    private void MissingBetween(FolderFile snapshot, FolderFile log)
    {
        var what = $"No log covers the transactions between {snapshot.Name} and {log.Name}";
        if (_firstFlaw is not null)
            Flaw = new(snapshot.Name, null, $"{what}, and the newer snapshot is damaged", Flaw.AnotherCopy);
        else if (snapshot.Zxid.Epoch == log.Zxid.Epoch)
            _notes.Add($"{what}: either there were none, or a file is missing.");
    }

    private void Replay(FolderFile file, ReadOnlySpan<byte> bytes)
    {
        var log = new ZooKeeperLog(file.Name, bytes);
        while (Flaw is null && log.MoveNext())
            Flaw = _state!.Apply(log.Current);
        Flaw ??= log.Flaw;
        if (log.Note is { } note)
            _notes.Add(note);
    }

    private void WithoutSnapshot()
    {
        if (_folder.Logs.Count == 0)
            Flaw = Missing("There is neither a snapshot nor a log of ZooKeeper here", "Name the dataDir of a ZooKeeper server.");
        else if (!_options.TrustEmpty)
            Flaw = Missing(
                "There are logs but no snapshot, so what came before the logs may be missing",
                "Restore a snapshot; or, if the server was new when the logs began, say that an empty start is to be trusted: --trust-empty.");
        else
            ReplayOnEmpty();
    }

    private static Flaw Missing(string what, string remedy) => new("", null, what, remedy);

    private void ReplayOnEmpty()
    {
        _state = ZooKeeperState.Empty(_options.IgnoreDigests);
        foreach (var log in _folder.Logs)
            _queue.Enqueue(log);
    }

    /// <summary>Finds what is wanted next, or ends.</summary>
    private void Advance()
    {
        Wanted = null;
        if (Flaw is not null)
            return;
        if (_queue.TryDequeue(out var next))
            Want(next);
        else if (_state is null)
            Flaw = _firstFlaw;
        else
            Finish(_state);
    }

    private void Want(FolderFile next)
    {
        if (next.Packing == Packing.Snappy)
            Flaw = new(
                next.Name, null, "Snapshots packed with Snappy cannot be read",
                "Set snapshot.compression.method to gz, restart ZooKeeper so that it writes a new snapshot, stop it, and import again.");
        else
            Wanted = next;
    }

    private void Finish(ZooKeeperState state)
    {
        Flaw = state.Finish(_notes);
        if (Flaw is null)
            Tree = state.Tree;
    }
}
