namespace Quorate.Kernel.Wire;

/// <summary>What kind of znode a create makes: the flags of its record. Protocol reference §6.</summary>
public enum ZnodeKind
{
    /// <summary>Stays until it is deleted.</summary>
    Persistent = 0,
    /// <summary>Goes with the session that made it.</summary>
    Ephemeral = 1,
    /// <summary>Stays, and gets a number behind its name.</summary>
    PersistentSequential = 2,
    /// <summary>Goes with its session, and gets a number behind its name.</summary>
    EphemeralSequential = 3,
    /// <summary>Goes some time after its last child; made by createContainer.</summary>
    Container = 4,
    /// <summary>Goes when it was left alone, without children, for its time to live; made by createTTL.</summary>
    PersistentTtl = 5,
    /// <summary>The same, with a number behind its name.</summary>
    PersistentSequentialTtl = 6,
}

/// <summary>The modes of addWatch.</summary>
public enum AddWatchMode
{
    /// <summary>Data and children of the path.</summary>
    Persistent = 0,
    /// <summary>The path and everything below it.</summary>
    Recursive = 1,
}

/// <summary>What removeWatches and checkWatches mean; level 3.9.</summary>
public enum WatcherType
{
    /// <summary>The one-shot watch set by getChildren.</summary>
    Children = 1,
    /// <summary>The one-shot watch set by getData or exists.</summary>
    Data = 2,
    /// <summary>Every watch of the path.</summary>
    Any = 3,
    /// <summary>The persistent watch.</summary>
    Persistent = 4,
    /// <summary>The persistent recursive watch.</summary>
    Recursive = 5,
}
