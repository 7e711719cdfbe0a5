namespace Quorate.Kernel.Trees;

/// <summary>Stored owner values: what kind of znode it is, in the one field that ZooKeeper stores it in (semantics reference §4).</summary>
internal static class Owners
{
    /// <summary>A container.</summary>
    public const long Container = long.MinValue;

    private const long TtlMark = unchecked((long)0xff00_0000_0000_0000), TtlBits = (1L << 40) - 1;

    /// <summary>A znode with a time to live.</summary>
    public static long Ttl(long milliseconds) => TtlMark | milliseconds;

    /// <summary>Whether the znode has a time to live.</summary>
    public static bool IsTtl(long owner) => (owner & TtlMark) == TtlMark;

    /// <summary>The time to live in milliseconds.</summary>
    public static long TtlOf(long owner) => owner & TtlBits;

    /// <summary>Whether the server itself deletes the znode some day: containers and those with a time to live.</summary>
    public static bool NeedsUpkeep(long owner) => owner == Container || IsTtl(owner);

    /// <summary>The owning session, or none for persistent, container and TTL znodes.</summary>
    public static SessionId Session(long owner) => NeedsUpkeep(owner) ? SessionId.None : new(owner);
}
