namespace Quorate.Simulation.Drawing;

/// <summary>The kinds of message that a page shows and hides together. The page knows them by number.</summary>
internal enum Layer
{
    /// <summary>Votes, what leads to them, and their answers.</summary>
    Elections,
    /// <summary>Entries and their acknowledgements.</summary>
    Replication,
    /// <summary>Heartbeats of leaders and their answers; pings of clients and theirs.</summary>
    Heartbeats,
    /// <summary>Portions of snapshots.</summary>
    Snapshots,
    /// <summary>What members pass on to the leader for their clients.</summary>
    Forwarding,
    /// <summary>Touches and syncs that members have confirmed by the leader.</summary>
    Claims,
    /// <summary>Who is who.</summary>
    Introductions,
    /// <summary>What clients ask and are answered.</summary>
    Clients,
    /// <summary>Events of watches.</summary>
    Watches,
    /// <summary>Connections of clients that begin and end.</summary>
    Connections,
}
