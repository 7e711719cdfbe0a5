using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>What became of one applied entry: the answer for the asker.</summary>
/// <param name="Verdict">Whether the entry had its turn.</param>
/// <param name="Error">The reply header's error. A failed multi has none there.</param>
/// <param name="Zxid">The zxid the entry took; <see cref="Ground.Zxid.Zero"/> when it took none.</param>
/// <param name="Session">The session that was created, attached or closed, or whose write it was.</param>
/// <param name="Attachment">The session's attachment after a creation or an attach.</param>
/// <param name="Body">The reply's record, encoded, in the arena that was given to apply; empty when there is none.</param>
internal readonly record struct Outcome(Verdict Verdict, ErrorCode Error, Zxid Zxid, SessionId Session, uint Attachment, Slice Body);

/// <summary>Whether an entry had its turn (design §6.2).</summary>
internal enum Verdict : byte
{
    /// <summary>Applied, or refused with an error that is its answer.</summary>
    Applied,
    /// <summary>An older number: applied before. Changes nothing, answers nobody.</summary>
    Duplicate,
    /// <summary>A number from the future: the origin sends again in order. Changes nothing, answers nobody.</summary>
    Gap,
}
