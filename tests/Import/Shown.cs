using System.Text;
using Quorate.Kernel.Importing;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Import;

/// <summary>An imported tree as a client would see it, a line for each znode.</summary>
internal static class Shown
{
    public static IEnumerable<string> Lines(ImportedTree tree) => tree.Nodes.Select(node =>
    {
        var children = 0;
        for (var child = node.FirstChild; child is not null; child = child.NextSibling)
            children++;
        var stat = new Stat
        {
            Czxid = node.Czxid,
            Mzxid = node.Mzxid,
            Ctime = node.Ctime,
            Mtime = node.Mtime,
            Version = node.Version,
            Cversion = 2 * node.Cversion - children,
            Aversion = node.Aversion,
            EphemeralOwner = node.Session,
            DataLength = node.Data.Length,
            NumChildren = children,
            Pzxid = node.Pzxid,
        };
        var path = Encoding.UTF8.GetString(node.Path.Span);
        return RawSession.Line(path.Length == 0 ? "/" : path, Vectors.Hex(node.Data, node.DataIsNull), Vectors.Acl(node), stat);
    });
}
