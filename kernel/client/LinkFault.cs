namespace Quorate.Kernel.Clients;

/// <summary>Why a client's connection was of no use any more. From <see cref="OtherSession"/> on the server has broken the protocol.</summary>
public enum LinkFault : byte
{
    /// <summary>Nothing went wrong yet.</summary>
    None,
    /// <summary>The server could not be reached.</summary>
    Unreachable,
    /// <summary>The connection broke, or the server closed it.</summary>
    Broken,
    /// <summary>The server did not answer the ConnectRequest in time.</summary>
    Unanswered,
    /// <summary>The server did not open a session.</summary>
    Refused,
    /// <summary>Nothing was confirmed for two thirds of the session timeout: the server may have lost its leader.</summary>
    Unconfirmed,
    /// <summary>The server did not set the watches again.</summary>
    Unwatched,
    /// <summary>The server attached a session that was not asked for.</summary>
    OtherSession,
    /// <summary>A frame that cannot be decoded.</summary>
    Unreadable,
    /// <summary>A reply that is not the oldest request's, or to nothing that was asked.</summary>
    OutOfOrder,
    /// <summary>A reply older than what the session had seen.</summary>
    WentBack,
}
