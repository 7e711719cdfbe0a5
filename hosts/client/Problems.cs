namespace Quorate.Client;

/// <summary>Error codes and fates, as exceptions.</summary>
internal static class Problems
{
    /// <summary>What a server's refusal is to the caller.</summary>
    public static ZooException Of(ErrorCode error, OpCode op, string? path) => error switch
    {
        ErrorCode.NoNode => new NoNodeException(op, path),
        ErrorCode.NodeExists => new NodeExistsException(op, path),
        ErrorCode.BadVersion => new BadVersionException(op, path),
        ErrorCode.NotEmpty => new NotEmptyException(op, path),
        ErrorCode.NoChildrenForEphemerals => new NoChildrenForEphemeralsException(op, path),
        ErrorCode.NoAuth => new NoAuthException(op, path),
        ErrorCode.InvalidAcl => new InvalidAclException(op, path),
        ErrorCode.QuotaExceeded => new QuotaExceededException(op, path),
        ErrorCode.NoWatcher => new NoWatcherException(op, path),
        ErrorCode.AuthFailed => new AuthFailedException(op, path),
        ErrorCode.SessionExpired => new SessionExpiredException(op, path, "The session is over."),
        ErrorCode.Unimplemented => new(error, op, path, $"The server does not offer {op}, or has it switched off."),
        ErrorCode.ReconfigDisabled => new(error, op, path, "The server has reconfig switched off (reconfigEnabled=true switches it on)."),
        _ => new(error, op, path, $"{op} of {path} failed: {error}."),
    };

    /// <summary>What it is to the caller that there is no answer.</summary>
    public static ZooException Unanswered(Fate fate, ErrorCode error, OpCode op, string? path, SessionState state, string lastFault) => error switch
    {
        _ when fate == Fate.Unknown => new UnknownOutcomeException(op, path),
        ErrorCode.ConnectionLoss => new ConnectionLossException(op, path, $"{op} of {path} was not carried out: the connection broke. {lastFault}".TrimEnd()),
        ErrorCode.SessionExpired => new SessionExpiredException(op, path, state switch
        {
            SessionState.Closed => $"{op} of {path} was not sent: the session is closed.",
            _ => $"{op} of {path} was not carried out: the session has expired.",
        }),
        ErrorCode.AuthFailed => new AuthFailedException(op, path),
        ErrorCode.BadArguments => new(error, op, path, $"{op} of {path} was not sent: it is longer than a frame may be (ZooClientOptions.FrameBytes)."),
        ErrorCode.ThrottledOp => new TooManyRequestsException(op, path, "too many requests or bytes wait already, or too many paths are watched"),
        _ => Of(error, op, path),
    };
}
