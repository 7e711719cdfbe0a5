using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;
using Quorate.Kernel.Trees;

namespace Quorate.Kernel.Importing;

/// <summary>The replicated state that an imported tree becomes, as if the first entry of a log had brought all of it about.</summary>
/// <remarks>
/// The term of that entry is the newest epoch that the folder has seen. The first election begins a newer one, so no zxid that is given
/// here was ever given there, and none that a client has seen lies ahead. The time of the entry is the beginning of time: a clock that was
/// once wrong must not hold back that of the leaders to come.
/// </remarks>
internal sealed class FoundingState
{
    /// <summary>The one entry that the log is said to have had.</summary>
    public static readonly LogIndex Index = new(1);

    /// <summary>Zxids are compared as signed numbers: epochs end here, and some must be left for the years to come.</summary>
    public const uint EpochMax = 0x7000_0000;

    /// <summary>New sessions are numbered by zxids of the epochs to come; for this many there must be no old session in the way.</summary>
    private const uint EpochsToCome = 1 << 20;

    private readonly Dictionary<ReadOnlyMemory<byte>, int> _acls = new(ByteKeys.Instance);
    private readonly OneRecord _record = new();
    private readonly Machine _machine;

    private FoundingState(ulong hashKey) => _machine = new(hashKey);

    /// <summary>Why a tree cannot become a state of this server, though its files are whole; null when it can.</summary>
    public static Flaw? Check(ImportedTree tree, Term epoch)
    {
        if (epoch.Value > EpochMax)
            return Impossible(string.Create(CultureInfo.InvariantCulture, $"Epoch {epoch} is so high that zxids would run out"));
        foreach (var session in tree.Sessions)
            if (session.Id == SessionId.None || IsInTheWay(session.Id, epoch))
                return Impossible($"The id of session {session.Id} is one that new sessions will get");
        foreach (var node in tree.Nodes)
            if (node.Session != SessionId.None && node.FirstChild is not null)
                return Impossible($"Znode {Encoding.UTF8.GetString(node.Path.Span)} is an ephemeral and has children");
        return null;
    }

    /// <summary>Builds the state.</summary>
    /// <param name="tree">What was imported, <see cref="Check"/>ed.</param>
    /// <param name="epoch">The newest epoch that the folder has seen.</param>
    /// <param name="hashKey">The key of the machine's hash tables.</param>
    public static Machine Of(ImportedTree tree, Term epoch, ulong hashKey)
    {
        var state = new FoundingState(hashKey);
        state._machine.Begin(new(Index, epoch, new(0)), tree.LastZxid);
        foreach (var session in tree.Sessions)
            state.Open(session);
        state.Load(tree.Nodes);
        return state._machine;
    }

    private static bool IsInTheWay(SessionId session, Term epoch)
    {
        var asEpoch = new Zxid(session.Value).Epoch;
        return asEpoch > epoch && asEpoch.Value - epoch.Value <= EpochsToCome;
    }

    private static Flaw Impossible(string what) => new("", null, what, "Did ZooKeeper itself write these files? " + Flaw.AnotherCopy);

    /// <summary>Clients attach with the passwords that ZooKeeper gave them; how it stored a session says nothing about its connection.</summary>
    private void Open(ImportedSession session) => _machine.Sessions.Open(new()
    {
        Id = session.Id,
        TimeoutMilliseconds = session.TimeoutMilliseconds,
        BelievedMilliseconds = session.TimeoutMilliseconds,
        Attachment = 1,
        NextSequence = 1,
        Password = BinaryPrimitives.ReadUInt128BigEndian(ZooKeeperPassword.Of(session.Id)),
    });

    /// <summary>
    /// In the order of creation, parents first where several have one zxid: so a place in the order serves as ordinal among siblings and
    /// among the ephemerals of a session alike.
    /// </summary>
    private void Load(IReadOnlyList<ImportedNode> nodes)
    {
        var order = new (Zxid Created, int Place)[nodes.Count];
        for (var place = 0; place < order.Length; place++)
            order[place] = (nodes[place].Czxid, place);
        Array.Sort(order);
        for (var i = 0; i < order.Length; i++)
            Load(nodes[order[i].Place], ordinal: i);
        _machine.FinishLoad();
    }

    private void Load(ImportedNode node, long ordinal)
    {
        // What the members of another ensemble were is nothing that a server of this one may say about itself.
        var isConfig = node.Path.Span.SequenceEqual(SystemNodes.Config);
        var record = new ZnodeRecord
        {
            Znode = new()
            {
                Czxid = node.Czxid,
                Mzxid = node.Mzxid,
                Pzxid = node.Pzxid,
                Ctime = node.Ctime,
                Mtime = node.Mtime,
                Owner = node.Owner,
                Ordinal = ordinal,
                Version = node.Version,
                Cversion = node.Cversion,
                Aversion = node.Aversion,
            },
            Acl = NumberOf(node.Acl),
            EphemeralOrdinal = ordinal,
            Path = node.Path.Span,
            Data = isConfig ? default : node.Data.Span,
            DataIsNull = !isConfig && node.DataIsNull,
        };
        record.Write(_record);
        _machine.Load(_record.Bytes);
    }

    private int NumberOf(ReadOnlyMemory<byte> acl)
    {
        if (_acls.TryGetValue(acl, out var number))
            return number;
        _acls.Add(acl, _acls.Count + 1);
        _machine.Load([ZnodeRecord.AclTag, .. acl.Span]);
        return _acls.Count;
    }

    /// <summary>Takes one record at a time, on its way from one machine's form to another's memory.</summary>
    private sealed class OneRecord : ISnapshotSink
    {
        private byte[] _bytes = [];
        private int _length;

        public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

        public bool IsFull => false;

        public Span<byte> Record(int length)
        {
            if (_bytes.Length < length)
                _bytes = new byte[Math.Max(length, 2 * _bytes.Length)];
            _length = length;
            return _bytes.AsSpan(0, length);
        }
    }
}
