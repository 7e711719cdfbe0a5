namespace Quorate.Kernel.Wire;

/// <summary>The request types of ZooKeeper's protocol, complete for level 3.9. Source: the protocol reference §5.</summary>
public enum OpCode
{
    /// <summary>A watch event; server to client only.</summary>
    Notification = 0,
    /// <summary>Creates a znode; replies its path.</summary>
    Create = 1,
    /// <summary>Deletes a znode.</summary>
    Delete = 2,
    /// <summary>Reads a znode's Stat.</summary>
    Exists = 3,
    /// <summary>Reads data and Stat.</summary>
    GetData = 4,
    /// <summary>Replaces data.</summary>
    SetData = 5,
    /// <summary>Reads the access control list.</summary>
    GetAcl = 6,
    /// <summary>Replaces the access control list.</summary>
    SetAcl = 7,
    /// <summary>Lists children.</summary>
    GetChildren = 8,
    /// <summary>Completes when this server has caught up with the leader.</summary>
    Sync = 9,
    /// <summary>Keeps the session alive.</summary>
    Ping = 11,
    /// <summary>Lists children, with the Stat.</summary>
    GetChildren2 = 12,
    /// <summary>Compares a version; meant for multi.</summary>
    Check = 13,
    /// <summary>Several writes, all or nothing.</summary>
    Multi = 14,
    /// <summary>Creates a znode; replies path and Stat.</summary>
    Create2 = 15,
    /// <summary>Changes the ensemble's membership.</summary>
    Reconfig = 16,
    /// <summary>Asks whether a watch is set.</summary>
    CheckWatches = 17,
    /// <summary>Removes a watch.</summary>
    RemoveWatches = 18,
    /// <summary>Creates a container.</summary>
    CreateContainer = 19,
    /// <summary>Deletes an empty container; issued by the server itself.</summary>
    DeleteContainer = 20,
    /// <summary>Creates a znode with a time to live.</summary>
    CreateTtl = 21,
    /// <summary>Several reads.</summary>
    MultiRead = 22,
    /// <summary>Adds an identity to the connection.</summary>
    Auth = 100,
    /// <summary>Re-arms watches after a reconnect.</summary>
    SetWatches = 101,
    /// <summary>A step of a SASL exchange.</summary>
    Sasl = 102,
    /// <summary>Lists the session's ephemerals.</summary>
    GetEphemerals = 103,
    /// <summary>Counts all descendants.</summary>
    GetAllChildrenNumber = 104,
    /// <summary>Re-arms watches, the persistent ones included.</summary>
    SetWatches2 = 105,
    /// <summary>Sets a persistent watch.</summary>
    AddWatch = 106,
    /// <summary>Lists the connection's identities.</summary>
    WhoAmI = 107,
    /// <summary>Opens a session; made by the server from a ConnectRequest.</summary>
    CreateSession = -10,
    /// <summary>Ends the session.</summary>
    CloseSession = -11,
    /// <summary>An error in a multi's results.</summary>
    Error = -1,
}
