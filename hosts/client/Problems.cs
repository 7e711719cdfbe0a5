namespace Quorate.Client;

/// <summary>Error codes, fates and faults, as exceptions and in words.</summary>
internal static class Problems
{
    /// <summary>A request, as messages call it.</summary>
    public static string Named(OpCode op, string? path) => path is null ? op.ToString() : $"{op} of {path}";

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
        ErrorCode.SessionExpired => new SessionExpiredException(op, path, "The session is over; a new one needs a new client."),
        ErrorCode.ThrottledOp => new TooManyRequestsException(op, path, "the server is overloaded and did not carry it out"),
        ErrorCode.ReconfigDisabled or ErrorCode.ReconfigInProgress or ErrorCode.NewConfigNoQuorum => new ReconfigRefusedException(error),
        ErrorCode.Unimplemented => new(error, op, path, $"The server does not offer {op}, or has it switched off."),
        ErrorCode.BadArguments => new(error, op, path, $"{Named(op, path)} was refused: an argument is not valid (BadArguments)."),
        ErrorCode.MarshallingError =>
            new(error, op, path, $"{Named(op, path)} was refused: the server does not know such a request (MarshallingError)."),
        _ => new(error, op, path, $"{Named(op, path)} failed: {error}."),
    };

    /// <summary>What it is to the caller that there is no answer.</summary>
    public static ZooException Unanswered(Fate fate, ErrorCode error, OpCode op, string? path, SessionState state, string lastFault)
    {
        if (fate == Fate.Unknown)
            return new UnknownOutcomeException(op, path);
        return error switch
        {
            ErrorCode.ConnectionLoss =>
                new ConnectionLossException(op, path, $"{Named(op, path)} was not carried out: the connection broke.{lastFault}"),
            ErrorCode.SessionExpired => new SessionExpiredException(op, path, state switch
            {
                SessionState.Closed => $"{Named(op, path)} was not sent: the session is closed.",
                _ => $"{Named(op, path)} was not carried out: the session has expired; a new one needs a new client.",
            }),
            ErrorCode.AuthFailed => new AuthFailedException(op, path),
            _ => OfThisClient(error, op, path),
        };
    }

    /// <summary>What it is to the caller that this client did not send a request.</summary>
    public static ZooException OfThisClient(ErrorCode error, OpCode op, string? path) => error switch
    {
        ErrorCode.ThrottledOp => new TooManyRequestsException(op, path,
            "this client has too many requests or bytes waiting already, or too many paths watched (ZooClientOptions.OutstandingMax)"),
        ErrorCode.BadArguments => new(error, op, path,
            $"{Named(op, path)} was not sent: it is longer than the servers accept (ZooClientOptions.FrameBytes)."),
        _ => Of(error, op, path),
    };

    /// <summary>The session is over: what becomes of those who wait for something else than an answer.</summary>
    /// <param name="state">How it ended.</param>
    /// <param name="op">What was asked.</param>
    /// <param name="path">Of which znode; null if of none.</param>
    /// <param name="what">What of it is gone with the session.</param>
    public static ZooException Over(SessionState state, OpCode op, string? path = null, string what = "")
    {
        var after = (path is null ? "" : $", and {what} at {path} is gone with it") + "; going on takes a new client.";
        return state switch
        {
            SessionState.AuthFailed => new AuthFailedException(op, path),
            SessionState.Closed => new SessionExpiredException(op, path, $"The session was closed by its owner{after}"),
            _ => new SessionExpiredException(op, path, $"The session has expired{after}"),
        };
    }

    /// <summary>An answer that is not what was asked for.</summary>
    public static ZooException Undecodable(OpCode op, string? path, Exception? cause) =>
        new(ErrorCode.MarshallingError, op, path, $"The server's answer to {Named(op, path)} cannot be decoded.", cause);

    /// <summary>The client has met a fault of its own and goes no further.</summary>
    public static ZooException Broken(OpCode op, string? path, Exception cause) => new(ErrorCode.SystemError, op, path,
        $"{Named(op, path)} has no known outcome: this client has met an error of its own and gone out of service. Open a new one.", cause);

    /// <summary>Why a server was left.</summary>
    public static string Of(LinkFault fault) => fault switch
    {
        LinkFault.Unreachable => "it could not be reached",
        LinkFault.Broken => "the connection broke",
        LinkFault.Unanswered => "it did not answer in time",
        LinkFault.Refused => "it did not open a session",
        LinkFault.Unconfirmed => "it confirmed nothing for two thirds of the session timeout; it may have lost its leader",
        LinkFault.Unwatched => "it did not set the watches again",
        _ => $"it does not keep to the protocol ({fault})",
    };
}
