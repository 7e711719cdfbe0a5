namespace Quorate.Client;

/// <summary>
/// What was asked of the service did not come about. Each reason that a caller may want to tell apart has a type of its own.
/// </summary>
public class ZooException : Exception
{
    /// <summary>An exception for an error code, in words.</summary>
    public ZooException(ErrorCode code, OpCode operation, string? path, string message, Exception? cause = null)
        : base(message, cause) => (Code, Operation, Path) = (code, operation, path);

    /// <summary>ZooKeeper's error code.</summary>
    public ErrorCode Code { get; }

    /// <summary>What was asked.</summary>
    public OpCode Operation { get; }

    /// <summary>Of which znode, as the caller named it; null if of none.</summary>
    public string? Path { get; }
}

/// <summary>The znode, or the parent of a znode to be created, does not exist.</summary>
public sealed class NoNodeException(OpCode operation, string? path) : ZooException(ErrorCode.NoNode, operation, path, operation switch
{
    OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl =>
        $"{path} cannot be created: its parent does not exist.",
    _ => $"{path} does not exist.",
});

/// <summary>The znode exists already.</summary>
public sealed class NodeExistsException(OpCode operation, string? path)
    : ZooException(ErrorCode.NodeExists, operation, path, $"{path} exists already.");

/// <summary>The znode has another version than the caller expected: somebody else has changed it.</summary>
public sealed class BadVersionException(OpCode operation, string? path)
    : ZooException(ErrorCode.BadVersion, operation, path, $"{path} has another version than expected: somebody has changed it.");

/// <summary>The znode has children, so it cannot be deleted.</summary>
public sealed class NotEmptyException(OpCode operation, string? path)
    : ZooException(ErrorCode.NotEmpty, operation, path, $"{path} has children and cannot be deleted.");

/// <summary>The parent is ephemeral, and ephemerals have no children.</summary>
public sealed class NoChildrenForEphemeralsException(OpCode operation, string? path) : ZooException(
    ErrorCode.NoChildrenForEphemerals, operation, path,
    $"{path} cannot be created: its parent is ephemeral, and ephemerals have no children.");

/// <summary>The access control list of the znode does not permit it to this session.</summary>
public sealed class NoAuthException(OpCode operation, string? path) : ZooException(
    ErrorCode.NoAuth, operation, path,
    $"{operation} of {path} is not permitted to the identities of this session (AddAuthAsync adds one).");

/// <summary>The access control list given is not one.</summary>
public sealed class InvalidAclException(OpCode operation, string? path) : ZooException(
    ErrorCode.InvalidAcl, operation, path,
    $"The access control list for {path} is not valid: empty, or an entry's id does not fit its scheme.");

/// <summary>A hard quota, or a bound of the server, would be exceeded.</summary>
public sealed class QuotaExceededException(OpCode operation, string? path)
    : ZooException(ErrorCode.QuotaExceeded, operation, path, $"{operation} of {path} would exceed a quota.");

/// <summary>There is no such watch.</summary>
public sealed class NoWatcherException(OpCode operation, string? path)
    : ZooException(ErrorCode.NoWatcher, operation, path, $"{path} has no such watch of this session.");

/// <summary>A credential was not accepted. The session is over.</summary>
public sealed class AuthFailedException(OpCode operation, string? path) : ZooException(ErrorCode.AuthFailed, operation, path,
    "The server did not accept a credential (AddAuthAsync): it does not know the scheme, or the credential is not of its form. " +
    "The session is over.");

/// <summary>The session is over: its ephemerals are gone, or go now. A new session is a new client's.</summary>
public sealed class SessionExpiredException(OpCode operation, string? path, string reason)
    : ZooException(ErrorCode.SessionExpired, operation, path, reason);

/// <summary>Too much is under way already; nothing was done.</summary>
public sealed class TooManyRequestsException(OpCode operation, string? path, string bound)
    : ZooException(ErrorCode.ThrottledOp, operation, path, $"{Problems.Named(operation, path)} was not carried out: {bound}.");

/// <summary>A request is longer than the servers accept; it was not sent, and has not cost the connection.</summary>
public sealed class RequestTooLongException(OpCode operation, string? path, int length, int most) : ZooException(
    ErrorCode.BadArguments, operation, path,
    $"{Problems.Named(operation, path)} was not sent: it has {length} bytes, and a request may have {most} " +
    "(ZooClientOptions.FrameBytes, which is to be the servers' jute.maxbuffer).");

/// <summary>
/// The ensemble's members were not changed: reconfig is switched off, another one is under way, or who joins is not there.
/// </summary>
public sealed class ReconfigRefusedException(ErrorCode code)
    : ZooException(code, OpCode.Reconfig, null, "The members were not changed: " + code switch
    {
        ErrorCode.ReconfigDisabled => "the servers have reconfig switched off (reconfigEnabled=true switches it on).",
        ErrorCode.ReconfigInProgress => "another change is under way; try again when it is done.",
        _ => "a majority of the new members is not connected and up to date. Start those that join first.",
    });

/// <summary>
/// There was no connection, or it broke. The session may live on; the client goes on looking for a server. The request had no effect and
/// will have none, unless this is an <see cref="UnknownOutcomeException"/>.
/// </summary>
public class ConnectionLossException(OpCode operation, string? path, string message)
    : ZooException(ErrorCode.ConnectionLoss, operation, path, message);

/// <summary>
/// The connection broke after a write was sent and before it was answered: it may have been carried out, and until the session is attached
/// again it still may be. A read behind the next attach shows which; repeating the write blindly may do it twice.
/// </summary>
public sealed class UnknownOutcomeException(OpCode operation, string? path) : ConnectionLossException(
    operation, path,
    $"The connection broke while {Problems.Named(operation, path)} was under way: it may or may not have been carried out.");
