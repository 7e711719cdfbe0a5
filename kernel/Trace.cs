using Quorate.Kernel.Consensus;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel;

/// <summary>How much a note matters to an operator.</summary>
public enum NoteLevel : byte
{
    /// <summary>What a person debugging wants to know.</summary>
    Detail,
    /// <summary>The ordinary course of a server's life.</summary>
    Information,
    /// <summary>Something an operator should look at.</summary>
    Warning,
    /// <summary>The server cannot go on, or refused something for good.</summary>
    Error,
}

/// <summary>Write-only observation: nothing the kernel does depends on who listens.</summary>
public interface ITrace
{
    /// <summary>A sentence for the operator's log. Rare: never once per request that is served.</summary>
    /// <param name="level">How much it matters.</param>
    /// <param name="subject">The connection it is about, else 0.</param>
    /// <param name="text">Plain words; names what is concerned and, if something is wrong, the remedy.</param>
    void Note(NoteLevel level, ulong subject, string text);

    /// <summary>Whether <see cref="Applied"/> is wanted: it costs a digest of the state for each entry.</summary>
    bool SeesEntries { get; }

    /// <summary>This member became something: leader, follower or candidate of a term, or it learnt who leads.</summary>
    /// <param name="role">What it is now.</param>
    /// <param name="term">In which term.</param>
    /// <param name="leader">Who leads, as far as it knows; default for nobody.</param>
    void Became(Role role, Term term, ServerId leader);

    /// <summary>Whether <see cref="Committed"/> is wanted.</summary>
    bool SeesCommits { get; }

    /// <summary>This member knows that an entry is committed: once for each, in order, with the chained checksum after it.</summary>
    void Committed(LogIndex index, Term term, ulong chain);

    /// <summary>The state was replaced by a snapshot that holds the log up to an entry; what was not applied before never will be here.</summary>
    void Installed(LogIndex index, Zxid zxid, Digest digest);

    /// <summary>What this member had in its log behind an entry was never committed, and made room for what another leader has there.</summary>
    void Truncated(LogIndex keep) { }

    /// <summary>An entry was applied.</summary>
    void Applied(in AppliedEntry entry);
}

/// <summary>What an entry asked for and what came of it, as one member saw it. Its spans are void after the call.</summary>
public readonly ref struct AppliedEntry
{
    /// <summary>Its position in the log.</summary>
    public required LogIndex Index { get; init; }

    /// <summary>The term of the leader that appended it.</summary>
    public required Term Term { get; init; }

    /// <summary>The leader's time of appending it: ctime and mtime come from it.</summary>
    public required WallTime Time { get; init; }

    /// <summary>What it asked for.</summary>
    public required Command Command { get; init; }

    /// <summary>How it was answered; null when it did not have its turn and changed nothing.</summary>
    public required ErrorCode? Answer { get; init; }

    /// <summary>The last zxid taken, after it.</summary>
    public required Zxid Zxid { get; init; }

    /// <summary>The digest of the whole state after it.</summary>
    public required Digest Digest { get; init; }
}

/// <summary>A trace that nobody reads.</summary>
public sealed class NoTrace : ITrace
{
    /// <summary>The one instance.</summary>
    public static readonly NoTrace Instance = new();

    private NoTrace() { }

    /// <inheritdoc/>
    public bool SeesEntries => false;

    /// <inheritdoc/>
    public void Note(NoteLevel level, ulong subject, string text) { }

    /// <inheritdoc/>
    public void Became(Role role, Term term, ServerId leader) { }

    /// <inheritdoc/>
    public bool SeesCommits => false;

    /// <inheritdoc/>
    public void Committed(LogIndex index, Term term, ulong chain) { }

    /// <inheritdoc/>
    public void Installed(LogIndex index, Zxid zxid, Digest digest) { }

    /// <inheritdoc/>
    public void Applied(in AppliedEntry entry) { }
}
