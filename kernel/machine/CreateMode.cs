using Quorate.Kernel.Trees;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>What kind of znode a create makes. The operation decides container and TTL, the flags the rest (protocol reference §6).</summary>
internal readonly record struct CreateMode(bool Ephemeral, bool Sequential, bool Container, bool Ttl)
{
    private const int ContainerFlag = 4, TtlFlag = 5, SequentialTtlFlag = 6;
    private const long TtlMax = (1L << 40) - 1;

    /// <summary>Whether flags and TTL suit the operation.</summary>
    public static ErrorCode Judge(OpCode op, int flags, long ttl, bool extendedTypes)
    {
        if (flags is < 0 or > SequentialTtlFlag)
            return ErrorCode.BadArguments;
        var ttlMode = flags is TtlFlag or SequentialTtlFlag;
        if (ttlMode && !extendedTypes)
            return ErrorCode.Unimplemented;
        if (ttlMode != (op == OpCode.CreateTtl))
            return ErrorCode.BadArguments;
        return ttlMode && ttl is < 1 or > TtlMax ? ErrorCode.BadArguments : ErrorCode.Ok;
    }

    /// <summary>Inside a multi the flags alone decide: ZooKeeper makes the operation anew from them.</summary>
    public static OpCode InMulti(OpCode op, int flags) => flags switch
    {
        >= 0 and < ContainerFlag => OpCode.Create,
        ContainerFlag => OpCode.CreateContainer,
        _ => op,
    };

    /// <summary>The mode that an operation and its flags, judged before, stand for.</summary>
    public static CreateMode Of(OpCode op, int flags)
    {
        var container = op == OpCode.CreateContainer;
        var ttl = op == OpCode.CreateTtl;
        return new(!container && !ttl && flags is 1 or 3, flags is 2 or 3 or SequentialTtlFlag, container, ttl);
    }

    /// <summary>The owner that the znode stores.</summary>
    public long Owner(SessionId session, long ttl) =>
        Container ? Owners.Container : Ttl ? Owners.Ttl(ttl) : Ephemeral ? session.Value : 0;
}
