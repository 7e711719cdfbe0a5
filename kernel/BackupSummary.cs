namespace Quorate.Kernel;

/// <summary>What a backup is and what it holds.</summary>
/// <param name="Ensemble">The ensemble that it is a backup of.</param>
/// <param name="Members">The ids of its members, observers in brackets.</param>
/// <param name="Member">The member whose state it is; 0 if its folder does not say.</param>
/// <param name="Taken">When it was taken, by the clock of that computer.</param>
/// <param name="IsConfirmed">
/// Whether it holds everything that had been acknowledged when it was asked for. Otherwise it holds what that one member had, acknowledged or
/// not.
/// </param>
/// <param name="IsConvalescent">Whether that member knew that it lacked something that it had once acknowledged.</param>
/// <param name="NewestTerm">The newest term that the member knew.</param>
/// <param name="Index">The last entry in it.</param>
/// <param name="Term">The term of that entry.</param>
/// <param name="Zxid">The last zxid in it.</param>
/// <param name="Digest">The digest of the whole state.</param>
/// <param name="Znodes">Znodes, the system's own included.</param>
/// <param name="Ephemerals">Ephemerals among them.</param>
/// <param name="Sessions">Open sessions.</param>
/// <param name="Bytes">The length of the file.</param>
public sealed record BackupSummary(
    ulong Ensemble, string Members, ServerId Member, WallTime Taken, bool IsConfirmed, bool IsConvalescent, Term NewestTerm, LogIndex Index, Term Term,
    Zxid Zxid, Digest Digest, int Znodes, int Ephemerals, int Sessions, long Bytes);
