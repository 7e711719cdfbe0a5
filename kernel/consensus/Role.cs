namespace Quorate.Kernel.Consensus;

/// <summary>What a member is at the moment.</summary>
public enum Role : byte
{
    /// <summary>Follows a leader, or waits for one.</summary>
    Follower,
    /// <summary>Stands for election.</summary>
    Candidate,
    /// <summary>Leads its term.</summary>
    Leader,
}
