namespace Quorate.Client;

/// <summary>A znode's data and Stat.</summary>
/// <param name="Data">The data; empty for null.</param>
/// <param name="Stat">Versions, times, owner.</param>
public readonly record struct ZnodeData(byte[] Data, Stat Stat);

/// <summary>A znode's children.</summary>
/// <param name="Names">Their names, without the parent's path, in no order.</param>
/// <param name="Stat">The parent's Stat.</param>
public readonly record struct ZnodeChildren(IReadOnlyList<string> Names, Stat Stat);

/// <summary>What a create has made.</summary>
/// <param name="Path">The path, with its number if it is sequential.</param>
/// <param name="Stat">Its Stat.</param>
public readonly record struct CreatedZnode(string Path, Stat Stat);

/// <summary>A znode's access control list.</summary>
/// <param name="Entries">Who may do what.</param>
/// <param name="Stat">The znode's Stat; setAclAsync compares its Aversion.</param>
public readonly record struct ZnodeAcl(IReadOnlyList<AclRule> Entries, Stat Stat);

/// <summary>One entry of an access control list.</summary>
/// <param name="Permissions">What is permitted.</param>
/// <param name="Scheme">world, auth, digest, ip or x509.</param>
/// <param name="Id">To whom, as the scheme writes it.</param>
public readonly record struct AclRule(Permissions Permissions, string Scheme, string Id)
{
    /// <summary>Anyone may do everything: what znodes are made with unless something else is said.</summary>
    public static IReadOnlyList<AclRule> Open { get; } = [new(Permissions.All, "world", "anyone")];

    /// <summary>Anyone may read.</summary>
    public static IReadOnlyList<AclRule> ReadOnly { get; } = [new(Permissions.Read, "world", "anyone")];

    /// <summary>Whoever makes the znode, by all identities shown with AddAuthAsync, may do everything; nobody else may do anything.</summary>
    public static IReadOnlyList<AclRule> Creator { get; } = [new(Permissions.All, "auth", "")];
}

/// <summary>An identity of a session.</summary>
/// <param name="Scheme">How it was proven.</param>
/// <param name="Id">Who it is; of a digest identity only the user.</param>
public readonly record struct ZooIdentity(string Scheme, string Id);

/// <summary>A watched change.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Path">To which znode.</param>
/// <param name="Zxid">The transaction; −1 where servers do not say, and for a change that was missed and is caught up with.</param>
public readonly record struct ZnodeEvent(WatchEvent Kind, string Path, Zxid Zxid);
