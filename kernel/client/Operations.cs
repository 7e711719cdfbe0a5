using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Clients;

/// <summary>What a client must know about the operations it carries: which change something, and which answers a leader stands behind.</summary>
internal static class Operations
{
    /// <summary>Whether an owner may ask for it; the rest is the client's own business.</summary>
    public static bool IsRequest(OpCode op) => op is not (
        OpCode.Notification or OpCode.Ping or OpCode.SetWatches or OpCode.SetWatches2 or OpCode.CreateSession or OpCode.Error);

    /// <summary>Whether the request may have changed something when its answer is lost.</summary>
    public static bool Changes(OpCode op) => op is
        OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl or OpCode.Delete or OpCode.DeleteContainer or
        OpCode.SetData or OpCode.SetAcl or OpCode.Multi or OpCode.Reconfig or OpCode.CloseSession;

    /// <summary>
    /// Whether an answer shows that a leader heard from the session. The answer to a write does if it was given when the write was applied;
    /// a refusal on the way (unknown, throttled, not authenticated) may be any server's own.
    /// </summary>
    public static bool Confirms(OpCode op, ErrorCode error) => op switch
    {
        OpCode.Sync => error == ErrorCode.Ok,
        OpCode.Check => IsOfMachine(error),
        _ => Changes(op) && IsOfMachine(error),
    };

    private static bool IsOfMachine(ErrorCode error) => error is
        ErrorCode.Ok or ErrorCode.NoNode or ErrorCode.NoAuth or ErrorCode.BadVersion or ErrorCode.NoChildrenForEphemerals or
        ErrorCode.NodeExists or ErrorCode.NotEmpty or ErrorCode.InvalidAcl or ErrorCode.BadArguments or ErrorCode.QuotaExceeded;
}
