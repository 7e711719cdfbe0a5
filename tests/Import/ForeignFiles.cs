using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Importing;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Import;

/// <summary>Makes a snapshot in ZooKeeper's format, for what the recorded ones do not show.</summary>
internal sealed class SnapshotFile
{
    private readonly List<(string Path, string? Data, long Acl, long[] Zxids, int Version, int Cversion, long Owner)> _nodes = [];

    public List<ImportedSession> Sessions { get; } = [];
    public Dictionary<long, string> Acls { get; } = [];
    public SnapshotDigest? Digest { get; set; }
    public string? OldDigest { get; set; }
    public Zxid? LastProcessed { get; set; }

    public void Node(string path, string? data = "", long czxid = 0, long? mzxid = null, long? pzxid = null, int version = 0,
        int cversion = 0, long owner = 0, long acl = -1) =>
        _nodes.Add((path, data, acl, [czxid, mzxid ?? czxid, pzxid ?? czxid], version, cversion, owner));

    /// <summary>The four znodes of every server.</summary>
    public void SystemNodes(int rootCversion = 0, long rootPzxid = 0)
    {
        Node("", cversion: rootCversion, pzxid: rootPzxid);
        Node("/zookeeper");
        Node("/zookeeper/config");
        Node("/zookeeper/quota");
    }

    public byte[] Bytes()
    {
        var arena = new Arena();
        var writer = new JuteWriter(arena);
        writer.Raw("ZKSN"u8);
        writer.Int(2);
        writer.Long(-1);
        writer.Int(Sessions.Count);
        foreach (var session in Sessions)
        {
            writer.Long(session.Id.Value);
            writer.Int(session.TimeoutMilliseconds);
        }
        writer.Int(Acls.Count);
        foreach (var (id, scheme) in Acls.OrderBy(acl => acl.Key))
        {
            writer.Long(id);
            ForeignFiles.Acl(writer, scheme);
        }
        foreach (var node in _nodes)
        {
            writer.Buffer(Encoding.UTF8.GetBytes(node.Path));
            writer.Buffer(Encoding.UTF8.GetBytes(node.Data ?? ""), node.Data is null);
            writer.Long(node.Acl);
            writer.Long(node.Zxids[0]);
            writer.Long(node.Zxids[1]);
            writer.Long(ForeignFiles.Time(node.Zxids[0]));
            writer.Long(ForeignFiles.Time(node.Zxids[1]));
            writer.Int(node.Version);
            writer.Int(node.Cversion);
            writer.Int(0);
            writer.Long(node.Owner);
            writer.Long(node.Zxids[2]);
        }
        writer.Buffer("/"u8);
        Seal(writer);
        if (Digest is { } digest)
        {
            writer.Long(digest.Zxid.Value);
            writer.Int(digest.Version);
            writer.Long((long)digest.Value);
            Seal(writer);
        }
        if (OldDigest is { } old)
        {
            writer.Long(1);
            writer.Int(1);
            writer.Buffer(Encoding.UTF8.GetBytes(old));
            Seal(writer);
        }
        if (LastProcessed is { } last)
        {
            writer.Long(last.Value);
            Seal(writer);
        }
        return arena.Written.ToArray();
    }

    private static void Seal(JuteWriter writer)
    {
        writer.Long(Adler32.Of(writer.Arena.Written));
        writer.Buffer("/"u8);
    }
}

/// <summary>Makes a transaction log in ZooKeeper's format.</summary>
internal sealed class LogFile
{
    private readonly Arena _arena = new();
    private readonly JuteWriter _writer;

    public LogFile()
    {
        _writer = new(_arena);
        _writer.Raw("ZKLG"u8);
        _writer.Int(2);
        _writer.Long(0);
    }

    public const long Session = 0x100000000000001;

    public byte[] Bytes(int padding = 64) => [.. _arena.Written, .. new byte[padding]];

    public LogFile Txn(long zxid, OpCode type, Action<JuteWriter> record, ulong? digest = null, long session = Session)
    {
        var entry = new Arena();
        var writer = new JuteWriter(entry);
        writer.Long(session);
        writer.Int((int)zxid);
        writer.Long(zxid);
        writer.Long(ForeignFiles.Time(zxid));
        writer.Int((int)type);
        record(writer);
        if (digest is { } value)
        {
            writer.Int(2);
            writer.Long((long)value);
        }
        _writer.Long(Adler32.Of(entry.Written));
        _writer.Buffer(entry.Written);
        _writer.Byte((byte)'B');
        return this;
    }

    public LogFile Create(long zxid, string path, int? parentCversion, bool ephemeral = false, string? data = "", string acl = "world",
        OpCode type = OpCode.Create) =>
        Txn(zxid, type, writer => ForeignFiles.Create(writer, path, parentCversion, ephemeral, data, acl));

    public LogFile Delete(long zxid, string path) => Txn(zxid, OpCode.Delete, writer => writer.Buffer(Encoding.UTF8.GetBytes(path)));

    public LogFile SetData(long zxid, string path, string data, int version) => Txn(zxid, OpCode.SetData, writer =>
    {
        writer.Buffer(Encoding.UTF8.GetBytes(path));
        writer.Buffer(Encoding.UTF8.GetBytes(data));
        writer.Int(version);
    });

    public LogFile SetAcl(long zxid, string path, string acl, int version) => Txn(zxid, OpCode.SetAcl, writer =>
    {
        writer.Buffer(Encoding.UTF8.GetBytes(path));
        ForeignFiles.Acl(writer, acl);
        writer.Int(version);
    });
}

internal static class ForeignFiles
{
    public static long Time(long zxid) => zxid == 0 ? 0 : 1_700_000_000_000 + zxid;

    /// <summary>An ACL with one entry: everything is allowed to a scheme's identity.</summary>
    public static void Acl(JuteWriter writer, string scheme)
    {
        writer.Int(1);
        writer.Int(31);
        writer.Buffer(Encoding.UTF8.GetBytes(scheme));
        writer.Buffer(scheme == "world" ? "anyone"u8 : "127.0.0.1"u8);
    }

    public static void Create(JuteWriter writer, string path, int? parentCversion, bool ephemeral, string? data, string acl)
    {
        writer.Buffer(Encoding.UTF8.GetBytes(path));
        writer.Buffer(Encoding.UTF8.GetBytes(data ?? ""), data is null);
        Acl(writer, acl);
        writer.Bool(ephemeral);
        if (parentCversion is { } cversion)
            writer.Int(cversion);
    }
}
