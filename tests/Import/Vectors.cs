using System.Text;
using System.Text.Json;
using Quorate.Kernel.Importing;

namespace Quorate.Tests.Import;

/// <summary>A small data folder that the real server wrote, with a decoded .json beside each file.</summary>
internal static class Vectors
{
    public static readonly string[] Names = ["snapshot.0", "log.1", "snapshot.16"];

    public static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Import", "vectors", name));

    public static JsonElement Json(string name) => JsonDocument.Parse(Bytes(name + ".json")).RootElement;

    /// <summary>Imports from files in memory.</summary>
    public static ZooKeeperImport Import(Dictionary<string, byte[]> files, ImportOptions? options = null)
    {
        var import = new ZooKeeperImport(new(files.Keys, files.Keys), options ?? new());
        while (import.Wanted is { } file)
            import.Give(files[file.Name]);
        return import;
    }

    /// <summary>Imports some of the vectors.</summary>
    public static ZooKeeperImport ImportOf(params string[] names) => Import(names.ToDictionary(name => name, Bytes));

    /// <summary>A flaw, a note or a line has some words in it.</summary>
    public static void Says(string words, object? said) => Assert.Contains(words, said?.ToString(), StringComparison.Ordinal);

    /// <summary>Everything an imported tree holds, a line for each thing.</summary>
    public static string[] Lines(ImportedTree tree) =>
        [$"last {tree.LastZxid} digest {tree.Digest}", .. tree.Sessions.Select(session => session.ToString()), .. tree.Nodes.Select(Line)];

    public static string Line(ImportedNode node) =>
        $"{Encoding.UTF8.GetString(node.Path.Span)} data={Hex(node.Data, node.DataIsNull)} acl={Acl(node)} czxid={node.Czxid.Value} "
        + $"mzxid={node.Mzxid.Value} ctime={node.Ctime} mtime={node.Mtime} version={node.Version} cversion={node.Cversion} "
        + $"aversion={node.Aversion} owner={node.Owner} pzxid={node.Pzxid.Value}";

    /// <summary>The same line, from the decoded snapshot.</summary>
    public static string Line(JsonElement node, JsonElement acls)
    {
        long Number(string name) => node.GetProperty(name).GetInt64();
        var acl = Number("acl") == -1 ? "31:world:anyone" : Acl(acls.GetProperty(node.GetProperty("acl").ToString()));
        return $"{node.GetProperty("path").GetString()} data={node.GetProperty("data").GetString() ?? "null"} acl={acl} "
            + $"czxid={Number("czxid")} mzxid={Number("mzxid")} ctime={Number("ctime")} mtime={Number("mtime")} "
            + $"version={Number("version")} cversion={Number("cversion")} aversion={Number("aversion")} "
            + $"owner={Number("ephemeralOwner")} pzxid={Number("pzxid")}";
    }

    public static string Acl(JsonElement acl) => string.Join(
        ' ', acl.EnumerateArray().Select(entry => $"{entry.GetProperty("perms")}:{entry.GetProperty("scheme")}:{entry.GetProperty("id")}"));

    public static string Acl(ImportedNode node) => Acl(node.AclList);

    public static string Acl(Kernel.Wire.AclList list)
    {
        var entries = new List<string>();
        foreach (var entry in list)
            entries.Add($"{(int)entry.Permissions}:{Encoding.UTF8.GetString(entry.Scheme)}:{Encoding.UTF8.GetString(entry.Id)}");
        return string.Join(' ', entries);
    }

    public static string Hex(ReadOnlyMemory<byte> data, bool isNull) => isNull ? "null" : Convert.ToHexStringLower(data.Span);

    /// <summary>A number that the decoded files write in hexadecimal.</summary>
    public static long Long(JsonElement hex) => Convert.ToInt64(hex.GetString(), 16);
}
