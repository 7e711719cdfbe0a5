namespace Quorate.Kernel.Clients;

/// <summary>What a client knows about its session.</summary>
public enum SessionState : byte
{
    /// <summary>There is none yet.</summary>
    Connecting,
    /// <summary>It is attached to a server.</summary>
    Connected,
    /// <summary>The connection is lost. The session may live or not; the client looks for a server that knows.</summary>
    Suspended,
    /// <summary>A server said that it is over. A new session is a new client's.</summary>
    Expired,
    /// <summary>Its owner closed it.</summary>
    Closed,
    /// <summary>A server did not accept a credential.</summary>
    AuthFailed,
}

/// <summary>What is known about a request that was completed.</summary>
public enum Fate : byte
{
    /// <summary>A server answered: the error code says how.</summary>
    Answered,
    /// <summary>It had no effect and will have none.</summary>
    Lost,
    /// <summary>
    /// A write that was sent and not answered: it may have been executed, and until the session is attached again it still may be.
    /// A read that follows the next attach shows which.
    /// </summary>
    Unknown,
}
