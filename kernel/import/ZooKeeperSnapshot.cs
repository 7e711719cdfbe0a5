using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Importing;

/// <summary>What a snapshot says ZooKeeper's tree digest was, and after which transaction.</summary>
internal readonly record struct SnapshotDigest(Zxid Zxid, int Version, ulong Value);

/// <summary>
/// A snapshot file of ZooKeeper, read and checked whole: sessions, znodes with their ACLs, and the optional parts behind the first seal.
/// </summary>
/// <remarks>
/// A seal is the Adler-32 of everything before it, earlier seals included, so no byte of the file goes unchecked. The parts behind the
/// first seal came with later versions and may be missing; their lengths tell which of them are there. Semantics reference §20.2.
/// <para>Paths, data and ACLs are slices of the file's bytes, which therefore stay in memory as long as the znodes do.</para>
/// </remarks>
internal sealed class ZooKeeperSnapshot
{
    private const int Magic = 0x5A4B534E;       // ZKSN
    private const int FormatVersion = 2;
    private const long OpenToAll = -1;
    private const int SealLength = sizeof(long) + 5;
    private const int LastProcessedLength = sizeof(long) + SealLength;

    /// <summary>How every complete snapshot ends: the string "/" behind its last checksum.</summary>
    private static ReadOnlySpan<byte> Ending => [0, 0, 0, 1, (byte)'/'];

    /// <summary>world:anyone with all permissions: the ACL that is in no table.</summary>
    public static readonly ReadOnlyMemory<byte> OpenAcl =
        (byte[])[0, 0, 0, 1, 0, 0, 0, 31, 0, 0, 0, 5, .. "world"u8, 0, 0, 0, 6, .. "anyone"u8];

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly List<ImportedSession> _sessions = [];
    private readonly Dictionary<long, ReadOnlyMemory<byte>> _acls = [];
    private readonly List<ImportedNode> _nodes = [];
    private Adler32 _adler = new();
    private int _summed;

    private ZooKeeperSnapshot(string file, ReadOnlyMemory<byte> bytes) => (File, _bytes) = (file, bytes);

    /// <summary>The file's name.</summary>
    public string File { get; }

    /// <summary>The sessions that were open.</summary>
    public IReadOnlyList<ImportedSession> Sessions => _sessions;

    /// <summary>The znodes, in the order of the file.</summary>
    public IReadOnlyList<ImportedNode> Nodes => _nodes;

    /// <summary>How many lists the ACL table has.</summary>
    public int AclCount => _acls.Count;

    /// <summary>The digest of part 6, or null.</summary>
    public SnapshotDigest? Digest { get; private set; }

    /// <summary>The last transaction that was applied when the snapshot was finished: part 7, or null.</summary>
    public Zxid? LastProcessed { get; private set; }

    /// <summary>Whether a file ends as a complete snapshot does: the quick test by which ZooKeeper itself passes over torn ones.</summary>
    public static bool LooksComplete(ReadOnlySpan<byte> bytes) => bytes.EndsWith(Ending);

    /// <summary>Reads a file.</summary>
    public static bool TryRead(
        string file, ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out ZooKeeperSnapshot? snapshot, [NotNullWhen(false)] out Flaw? flaw)
    {
        snapshot = new(file, bytes);
        var reader = new JuteReader(bytes.Span);
        flaw = snapshot.ReadHeader(ref reader)
            ?? snapshot.ReadSessions(ref reader)
            ?? snapshot.ReadAcls(ref reader)
            ?? snapshot.ReadNodes(ref reader)
            ?? snapshot.ReadSeal(ref reader)
            ?? snapshot.ReadLaterParts(ref reader);
        if (flaw is not null)
            snapshot = null;
        return flaw is null;
    }

    private Flaw? ReadHeader(ref JuteReader reader)
    {
        var magic = reader.Int();
        var version = reader.Int();
        reader.Long();
        if (reader.Failed || magic != Magic)
            return new(File, 0, "This is not a snapshot of ZooKeeper: it does not begin with ZKSN", Flaw.Foreign);
        return version == FormatVersion ? null : UnknownVersion(File, version);
    }

    /// <summary>The refusal of a file whose layout is newer than this code.</summary>
    public static Flaw UnknownVersion(string file, int version)
    {
        var what = string.Create(CultureInfo.InvariantCulture, $"The file has format version {version}; only {FormatVersion} is known");
        return new(file, sizeof(int), what, Flaw.AnotherCopy);
    }

    private Flaw? ReadSessions(ref JuteReader reader)
    {
        var start = reader.Position;
        var count = reader.Count(out _);
        for (var i = 0; i < count && !reader.Failed; i++)
            _sessions.Add(new(new(reader.Long()), reader.Int()));
        return reader.Failed ? Unreadable(start, "session table") : null;
    }

    private Flaw? ReadAcls(ref JuteReader reader)
    {
        var start = reader.Position;
        var count = reader.Count(out _);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var id = reader.Long();
            var at = reader.Position;
            var isNull = AclList.Read(ref reader).IsNull;
            if (!reader.Failed)
                _acls[id] = isNull ? OpenAcl : _bytes[at..reader.Position];
        }
        return reader.Failed ? Unreadable(start, "ACL table") : null;
    }

    private Flaw? ReadNodes(ref JuteReader reader)
    {
        while (true)
        {
            var start = reader.Position;
            var path = Slice(ref reader, out var pathIsNull);
            if (reader.Failed || pathIsNull)
                return Unreadable(start, "path of a znode");
            if (path.Span.SequenceEqual("/"u8))
                return null;
            var data = Slice(ref reader, out var dataIsNull);
            var acl = reader.Long();
            var node = ReadStat(ref reader, path);
            if (reader.Failed)
                return Unreadable(start, "znode");
            node.Data = data;
            node.DataIsNull = dataIsNull;
            node.Acl = acl == OpenToAll ? OpenAcl : _acls.GetValueOrDefault(acl);
            _nodes.Add(node);
        }
    }

    private static ImportedNode ReadStat(ref JuteReader reader, ReadOnlyMemory<byte> path)
    {
        var (czxid, mzxid) = (new Zxid(reader.Long()), new Zxid(reader.Long()));
        var (ctime, mtime) = (reader.Long(), reader.Long());
        var (version, cversion, aversion) = (reader.Int(), reader.Int(), reader.Int());
        var owner = reader.Long();
        return new()
        {
            Path = path,
            Czxid = czxid,
            Mzxid = mzxid,
            Ctime = ctime,
            Mtime = mtime,
            Version = version,
            Cversion = cversion,
            Aversion = aversion,
            Owner = owner,
            Pzxid = new(reader.Long()),
        };
    }

    private Flaw? ReadSeal(ref JuteReader reader)
    {
        var start = reader.Position;
        _adler.Append(_bytes.Span[_summed..start]);
        _summed = start;
        var sum = reader.Long();
        var mark = reader.NonNull();
        if (reader.Failed)
            return Unreadable(start, "seal");
        if (sum != _adler.Value)
            return new(File, start, "The checksum does not fit the bytes before it: the file is damaged", Flaw.AnotherCopy);
        return mark.SequenceEqual("/"u8) ? null : Unreadable(start + sizeof(long), "end of a seal");
    }

    private Flaw? ReadLaterParts(ref JuteReader reader)
    {
        // Digest and last processed zxid can each be switched off; the one of known length is told by what is left.
        if (!reader.Rest.IsEmpty && reader.Rest.Length != LastProcessedLength && ReadDigest(ref reader) is { } inDigest)
            return inDigest;
        if (reader.Rest.Length == LastProcessedLength)
        {
            LastProcessed = new(reader.Long());
            if (ReadSeal(ref reader) is { } inSeal)
                return inSeal;
        }
        return reader.Rest.IsEmpty ? null : Unreadable(reader.Position, "end");
    }

    private Flaw? ReadDigest(ref JuteReader reader)
    {
        var start = reader.Position;
        var zxid = new Zxid(reader.Long());
        var version = reader.Int();
        if (version < ZooKeeperDigest.Version)
            reader.NonNull();
        else
            Digest = new(zxid, version, (ulong)reader.Long());
        return reader.Failed ? Unreadable(start, "digest") : ReadSeal(ref reader);
    }

    private ReadOnlyMemory<byte> Slice(ref JuteReader reader, out bool isNull)
    {
        var length = reader.Buffer(out isNull).Length;
        return reader.Failed ? default : _bytes.Slice(reader.Position - length, length);
    }

    private Flaw Unreadable(int offset, string part) =>
        new(File, offset, $"The {part} that should be here is cut off or makes no sense: the file is damaged", Flaw.AnotherCopy);
}
