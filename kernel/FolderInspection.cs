using System.Text;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;
using Quorate.Kernel.Trees;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel;

/// <summary>The state that a data folder adds up to.</summary>
/// <param name="Index">The last entry in it.</param>
/// <param name="Term">The term of that entry.</param>
/// <param name="Zxid">The last zxid taken.</param>
/// <param name="Digest">The digest of the whole state.</param>
/// <param name="Znodes">Znodes, the system's own included.</param>
/// <param name="Ephemerals">Ephemerals among them.</param>
/// <param name="Sessions">Open sessions.</param>
/// <param name="Bytes">Bytes of all paths and data.</param>
public sealed record StateReport(
    LogIndex Index, Term Term, Zxid Zxid, Digest Digest, int Znodes, int Ephemerals, int Sessions, long Bytes);

/// <summary>An open session. Its password is nobody's business.</summary>
/// <param name="Id">Its id.</param>
/// <param name="TimeoutMilliseconds">The negotiated timeout.</param>
/// <param name="Attachment">How often it was attached to a connection.</param>
/// <param name="Ephemerals">How many ephemerals it owns.</param>
public readonly record struct SessionReport(SessionId Id, int TimeoutMilliseconds, uint Attachment, int Ephemerals);

/// <summary>A znode.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Stat">What clients see of it besides its data.</param>
/// <param name="IsContainer">Whether it goes when its last child goes.</param>
/// <param name="TimeToLive">Whether and when it goes when it is left alone.</param>
public readonly record struct ZnodeReport(string Path, Stat Stat, bool IsContainer, TimeSpan? TimeToLive);

/// <summary>
/// Recovers a data folder as a start would, without changing it: what recovery asks to be repaired is answered as if it had been, and only
/// what it asks to read is passed on.
/// </summary>
/// <remarks>
/// The state is there also when the folder is refused, if it could be rebuilt as far as the damage: a person who has to decide what to do
/// next wants to know what would be left.
/// </remarks>
public sealed class FolderInspection : IRecoverySink
{
    private readonly Recovery _recovery;
    private readonly Changes _changes = new();
    private readonly Arena _reply = new();
    private Machine _machine = NewMachine();
    private Effects _asked = new();
    private Effects _spare = new();
    private bool _isWhole = true;    // the machine is not half loaded
    private bool _hasContent;
    private bool _isAlone;
    private SuperblockState _superblock = new();

    /// <summary>An inspection; <see cref="Begin"/> starts it.</summary>
    public FolderInspection() => _recovery = new(new(), this);

    /// <summary>Whether everything has been read.</summary>
    public bool IsDone => _recovery.Verdict != RecoveryVerdict.Reading;

    /// <summary>Whether there is nothing: a folder in which no server was ever founded.</summary>
    public bool IsEmpty => _recovery.Verdict == RecoveryVerdict.Empty;

    /// <summary>Why a server would refuse the folder: file, place, what to do; null when it would not.</summary>
    public string? Refusal => _recovery.Refusal;

    /// <summary>What a start would tell its operator although it goes on.</summary>
    public IReadOnlyList<string> Notes => _recovery.Folder?.Notes ?? [];

    /// <summary>Where a write that a crash interrupted begins, which a start would cut.</summary>
    public JournalTear? Tear => _recovery.Tear;

    /// <summary>The newest state that can be rebuilt; null when none can.</summary>
    public StateReport? State => !HasState ? null : new(
        _machine.AppliedIndex, _machine.AppliedTerm, _machine.Zxid, _machine.Digest, _machine.Tree.Count, _machine.Tree.EphemeralCount,
        _machine.Sessions.Count, _machine.Tree.Bytes);

    private bool HasState => _isWhole && (_hasContent || _recovery.Verdict is RecoveryVerdict.Recovered or RecoveryVerdict.Damaged);

    /// <summary>Begins. The effects ask only for lists of files and for their contents.</summary>
    public void Begin(Effects effects)
    {
        _recovery.Begin(_asked);
        PassOn(effects);
    }

    /// <summary>Takes note of a completion and goes on.</summary>
    public void Completed(DiskTicket ticket, DiskOutcome outcome, ReadOnlySpan<byte> bytes, Effects effects)
    {
        _recovery.Completed(ticket, outcome, bytes, _asked);
        PassOn(effects);
    }

    /// <summary>The open sessions.</summary>
    public IReadOnlyList<SessionReport> Sessions
    {
        get
        {
            var reports = new List<SessionReport>();
            for (var row = 0; HasState && row < _machine.Sessions.Rows; row++)
                if (_machine.Sessions[row] is var session && session.Id != SessionId.None)
                    reports.Add(new(session.Id, session.TimeoutMilliseconds, session.Attachment, _machine.Tree.EphemeralCountOf(session.Id)));
            return reports;
        }
    }

    /// <summary>The znodes, parents first, siblings in the order of their creation.</summary>
    public IReadOnlyList<ZnodeReport> Znodes
    {
        get
        {
            var (tree, reports) = (_machine.Tree, new List<ZnodeReport>());
            for (var slot = HasState ? Tree.Root : Tree.None; slot != Tree.None; slot = tree.NextInSubtree(slot, Tree.Root))
                reports.Add(new(
                    Encoding.UTF8.GetString(tree.PathOf(slot)), tree.StatOf(slot), tree.OwnerOf(slot) == Owners.Container,
                    Owners.IsTtl(tree.OwnerOf(slot)) ? TimeSpan.FromMilliseconds(Owners.TtlOf(tree.OwnerOf(slot))) : null));
            return reports;
        }
    }

    /// <summary>The ids of the members that a superblock names, observers in brackets.</summary>
    public static string MembersOf(SuperblockSlotReport slot) =>
        Membership.TryDecode(slot.Membership.Span, out var membership) ? membership.ToString() : "?";

    /// <summary>The digest that a snapshot's trailer promises, given its payload.</summary>
    public static Digest DigestOf(ReadOnlySpan<byte> trailer) => SnapshotEnds.ReadTrailer(trailer);

    internal Machine Machine => _machine;

    /// <summary>The chain value behind the last entry.</summary>
    internal ulong Chain { get; private set; }

    /// <summary>The header of a backup of the state.</summary>
    internal BackupHeader Header(in SnapshotPointer snapshot, long bytes, Digest digest, WallTime taken)
    {
        var encoded = _machine.MembershipIn(_superblock.Ensemble) is { IsEmpty: false } kept ? kept.ToArray() : _superblock.Membership;
        var member = default(ServerId);
        if (Membership.TryDecode(encoded, out var membership))
            foreach (var known in membership.Members)
                if (known.Birth == _superblock.Birth)
                    member = known.Id;
        return new()
        {
            Ensemble = _superblock.Ensemble,
            Member = member,
            Term = _superblock.Term,
            Taken = taken,
            IsConfirmed = membership.IsAlone(member, _superblock.Birth),
            IsConvalescent = !_superblock.Convalescence.IsNone,
            Snapshot = snapshot,
            SnapshotBytes = bytes,
            Zxid = _machine.Zxid,
            Digest = digest,
            Znodes = _machine.Tree.Count,
            Ephemerals = _machine.Tree.EphemeralCount,
            Sessions = _machine.Sessions.Count,
            Membership = encoded,
        };
    }

    void IRecoverySink.Superblock(SuperblockState state)
    {
        _superblock = state;
        _isAlone = Membership.TryDecode(state.Membership, out var membership) && membership.Voters.Count == 1;
    }

    bool IRecoverySink.IsAlone => _isAlone;

    void ISnapshotContent.SnapshotHeader(ReadOnlySpan<byte> header)
    {
        _isWhole = false;
        Chain = SnapshotEnds.ReadHeader(header);
    }

    void ISnapshotContent.SnapshotRecord(ReadOnlySpan<byte> record) => _machine.Load(record);

    bool ISnapshotContent.SnapshotTrailer(ReadOnlySpan<byte> trailer)
    {
        _machine.FinishLoad();
        _isWhole = _hasContent = _machine.Digest == SnapshotEnds.ReadTrailer(trailer);
        return _isWhole;
    }

    void IRecoverySink.SnapshotLost()
    {
        _machine = NewMachine();
        _isWhole = _hasContent = false;
        Chain = Storage.Chain.Start;
    }

    void IRecoverySink.Entry(in JournalEntry entry, ReadOnlySpan<byte> body)
    {
        _hasContent = true;
        Chain = entry.Chain;
        _reply.Clear();
        _machine.Apply(new(entry.Index, entry.Term, entry.Time), CommandCodec.Read(body), _changes, new(_reply));
    }

    private static Machine NewMachine() => new(hashKey: 0x1D5BEC7);

    private void PassOn(Effects effects)
    {
        while (_asked.Count > 0)
        {
            (_asked, _spare) = (_spare, _asked);
            for (var i = 0; i < _spare.Count; i++)
            {
                ref readonly var request = ref _spare[i];
                if (request.Kind == EffectKind.DiskList)
                    effects.DiskList(request.Ticket);
                else if (request.Kind == EffectKind.DiskRead)
                    effects.DiskRead(request.Ticket, request.Place.File, request.Place.Offset, request.Place.Length);
                else
                    _recovery.Completed(request.Ticket, DiskOutcome.Done, [], _asked);
            }
            _spare.Clear();
        }
    }
}
