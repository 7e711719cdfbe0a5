namespace Quorate.Kernel.Trees;

/// <summary>The znodes that are there from the beginning and cannot be deleted. Semantics reference §13.</summary>
internal static class SystemNodes
{
    /// <summary>How many there are, the root included.</summary>
    public const int Count = 4;

    public static ReadOnlySpan<byte> Home => "/zookeeper"u8;

    public static ReadOnlySpan<byte> Quota => "/zookeeper/quota"u8;

    public static ReadOnlySpan<byte> Config => "/zookeeper/config"u8;

    /// <summary>Nobody but a super user writes the configuration: world:anyone may read.</summary>
    public static ReadOnlySpan<byte> ConfigAcl => "\0\0\0\u0001\0\0\0\u0001\0\0\0\u0005world\0\0\0\u0006anyone"u8;

    /// <summary>Whether a delete of this path is refused.</summary>
    public static bool IsReserved(ReadOnlySpan<byte> path) =>
        path.SequenceEqual("/"u8) || path.SequenceEqual(Home) || path.SequenceEqual(Quota) || path.SequenceEqual(Config);

    /// <summary>Makes them in a tree that has only its root, with Stats of zeros: they were created by no transaction.</summary>
    public static void CreateIn(Tree tree)
    {
        var home = Create(tree, Tree.Root, Home, AclTable.OpenToAll);
        Create(tree, home, Config, tree.Acls.InternBytes(ConfigAcl));
        Create(tree, home, Quota, AclTable.OpenToAll);
    }

    private static int Create(Tree tree, int parent, ReadOnlySpan<byte> path, int acl)
    {
        var znode = new Znode { Parent = parent, Acl = acl, Aversion = acl == AclTable.OpenToAll ? 0 : -1 };
        return tree.Insert(znode, path, data: default, dataIsNull: false);
    }
}
