namespace Quorate.Kernel.Wire;

/// <summary>The error codes of ZooKeeper's protocol that a server sends or knows. Source: the protocol reference §9.</summary>
public enum ErrorCode
{
    /// <summary>No error.</summary>
    Ok = 0,
    /// <summary>The server failed.</summary>
    SystemError = -1,
    /// <summary>An operation of a multi that was not tried because an earlier one failed.</summary>
    RuntimeInconsistency = -2,
    /// <summary>Data do not agree.</summary>
    DataInconsistency = -3,
    /// <summary>The connection broke; made by clients.</summary>
    ConnectionLoss = -4,
    /// <summary>A record that cannot be decoded.</summary>
    MarshallingError = -5,
    /// <summary>An unknown or disabled request.</summary>
    Unimplemented = -6,
    /// <summary>Too slow; made by clients.</summary>
    OperationTimeout = -7,
    /// <summary>An argument that is never valid: path, flags, TTL.</summary>
    BadArguments = -8,
    /// <summary>No such session.</summary>
    UnknownSession = -12,
    /// <summary>Reconfig: the new quorum is not connected.</summary>
    NewConfigNoQuorum = -13,
    /// <summary>Reconfig: another one is under way.</summary>
    ReconfigInProgress = -14,
    /// <summary>The znode does not exist.</summary>
    NoNode = -101,
    /// <summary>Not permitted.</summary>
    NoAuth = -102,
    /// <summary>The version differs.</summary>
    BadVersion = -103,
    /// <summary>Ephemerals have no children.</summary>
    NoChildrenForEphemerals = -108,
    /// <summary>The znode exists already.</summary>
    NodeExists = -110,
    /// <summary>The znode has children.</summary>
    NotEmpty = -111,
    /// <summary>The session has ended.</summary>
    SessionExpired = -112,
    /// <summary>The access control list is not valid.</summary>
    InvalidAcl = -114,
    /// <summary>Authentication failed.</summary>
    AuthFailed = -115,
    /// <summary>The session has moved to another server; never sent, the connection is closed.</summary>
    SessionMoved = -118,
    /// <summary>A write to a read-only server.</summary>
    NotReadOnly = -119,
    /// <summary>An ephemeral of a local session.</summary>
    EphemeralOnLocalSession = -120,
    /// <summary>No such watch.</summary>
    NoWatcher = -121,
    /// <summary>Reconfig is switched off.</summary>
    ReconfigDisabled = -123,
    /// <summary>The server demands authentication.</summary>
    SessionClosedRequireSaslAuth = -124,
    /// <summary>A hard quota would be exceeded.</summary>
    QuotaExceeded = -125,
    /// <summary>The request waited too long and was not executed.</summary>
    ThrottledOp = -127,
}
