namespace Quorate.Kernel;

/// <summary>Where a server is in its life.</summary>
public enum ServerState : byte
{
    /// <summary>Reading superblock, snapshot and journal.</summary>
    Recovering,
    /// <summary>Up, without a leader it could follow.</summary>
    Looking,
    /// <summary>Serving clients.</summary>
    Serving,
    /// <summary>Finishing what was begun, after <see cref="OperatorRequest.Stop"/>.</summary>
    Stopping,
    /// <summary>Done, in order: the host may end.</summary>
    Stopped,
    /// <summary>Cannot go on; the server says why. Nothing is acknowledged any more.</summary>
    Failed,
}
