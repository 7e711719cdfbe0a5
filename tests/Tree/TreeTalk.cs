using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Kernel.Trees;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Trees;

/// <summary>Encoded ACL lists for tests.</summary>
internal static class Lists
{
    public static readonly byte[] Open = Encode((31, "world", "anyone"));
    public static readonly byte[] ReadOnly = Encode((1, "world", "anyone"));
    public static readonly byte[] Bob = Encode((31, "digest", "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="));
    public static readonly byte[] Two = Encode((31, "digest", "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="), (1, "ip", "10.0.0.0/8"));

    /// <summary>All of them.</summary>
    public static readonly byte[][] All = [Open, ReadOnly, Bob, Two];

    public static byte[] Encode(params (int Permissions, string Scheme, string Id)[] entries)
    {
        var arena = new Arena();
        var writer = new JuteWriter(arena);
        writer.Int(entries.Length);
        foreach (var (permissions, scheme, id) in entries)
        {
            writer.Int(permissions);
            writer.Buffer(Encoding.UTF8.GetBytes(scheme));
            writer.Buffer(Encoding.UTF8.GetBytes(id));
        }
        return arena.Written.ToArray();
    }

    public static AclList Read(byte[] encoded)
    {
        var reader = new JuteReader(encoded);
        return AclList.Read(ref reader);
    }
}

/// <summary>Strings instead of bytes, and what the tests do not care about left out.</summary>
internal static class TreeTalk
{
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static int Find(this Tree tree, string path) => tree.Find(Bytes(path));

    public static string Text(this Tree tree, int slot) => Encoding.UTF8.GetString(tree.PathOf(slot));

    public static string Data(this Tree tree, string path) => Encoding.UTF8.GetString(tree.DataOf(tree.Find(path), out _));

    public static int Create(
        this Tree tree, string path, string data = "", long owner = 0, long zxid = 1, long time = 0, byte[]? acl = null)
    {
        var parent = tree.Find(Paths.Parent(Bytes(path)));
        var id = tree.Acls.Intern(Lists.Read(acl ?? Lists.Open));
        return tree.Create(parent, Bytes(path), Bytes(data), dataIsNull: false, id, owner, new(zxid), time);
    }

    public static void SetData(this Tree tree, string path, string data, long zxid = 1, long time = 0) =>
        tree.SetData(tree.Find(path), Bytes(data), false, new(zxid), time);

    public static void Delete(this Tree tree, string path, long zxid = 1) => tree.Delete(tree.Find(path), new(zxid));

    public static List<string> Children(this Tree tree, string path)
    {
        var names = new List<string>();
        for (var child = tree.FirstChild(tree.Find(path)); child != Tree.None; child = tree.NextSibling(child))
            names.Add(Encoding.UTF8.GetString(tree.NameOf(child)));
        return names;
    }

    public static List<string> Ephemerals(this Tree tree, long session)
    {
        var paths = new List<string>();
        for (var slot = tree.FirstEphemeral(new(session)); slot != Tree.None; slot = tree.NextEphemeral(slot))
            paths.Add(tree.Text(slot));
        return paths;
    }
}

/// <summary>Keeps the records of a snapshot.</summary>
internal sealed class RecordList : ISnapshotSink
{
    public List<byte[]> Records { get; } = [];

    public bool IsFull { get; set; }

    public Span<byte> Record(int length)
    {
        Records.Add(new byte[length]);
        return Records[^1];
    }
}
