using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Trees;

namespace Quorate.Bench;

/// <summary>Trees of any size: directories of <see cref="Frames.Fanout"/> znodes with 100 bytes each, as load generators make them.</summary>
internal static class Forest
{
    public const int DataBytes = 100;

    /// <summary>A tree of at least <paramref name="znodes"/> znodes.</summary>
    public static Tree Grow(int znodes)
    {
        var tree = new Tree(hashKey: 5);
        var data = new byte[DataBytes];
        var zxid = Zxid.Zero;
        var directory = Tree.None;
        for (var leaf = 0; tree.Count < znodes; leaf++)
        {
            if (leaf % Frames.Fanout == 0)
                directory = Create(tree, Tree.Root, Frames.Directory(leaf / Frames.Fanout), [], zxid = new(zxid.Value + 1));
            Create(tree, directory, Frames.Leaf(leaf), data, zxid = new(zxid.Value + 1));
        }
        return tree;
    }

    /// <summary>Paths of znodes that <see cref="Grow"/> has made, all over the tree and in no order.</summary>
    public static byte[][] Scattered(int znodes, int count)
    {
        var dice = new Dice(seed: 11);
        var leaves = znodes / (Frames.Fanout + 1) * Frames.Fanout;
        var paths = new byte[count][];
        for (var i = 0; i < count; i++)
            paths[i] = Encoding.UTF8.GetBytes(Frames.Leaf((int)(dice.Next() % (ulong)leaves)));
        return paths;
    }

    private static int Create(Tree tree, int parent, string path, byte[] data, Zxid zxid) =>
        tree.Create(parent, Encoding.UTF8.GetBytes(path), data, dataIsNull: false, AclTable.OpenToAll, owner: 0, zxid, time: 1_000_000);
}
