using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;

namespace Quorate.Simulation.Judges;

/// <summary>
/// What a member proposes on its own behalf, opening and attaching sessions, takes effect once, in the order of its numbers, however often
/// it reaches the log (A4).
/// </summary>
/// <remarks>A session that is opened a second time has no owner who could miss it: only the log shows it.</remarks>
internal sealed class OwnProposals : Judge
{
    private readonly Dictionary<(ServerId Member, Incarnation Life), ulong> _last = [];
    private LogIndex _walked;

    /// <inheritdoc/>
    public override void Applied(ServerId member, in AppliedEntry entry)
    {
        if (entry.Index <= _walked)
            return;   // another member's walk along the same entries
        _walked = entry.Index;
        if (entry.Command.Kind is not (CommandKind.CreateSession or CommandKind.Attach) || entry.Answer is null)
            return;
        var life = (entry.Command.Origin, entry.Command.Incarnation);
        var last = _last.GetValueOrDefault(life);
        if (entry.Command.Sequence != last + 1)
            Accuse($"Entry {entry.Index} ({entry.Command.Kind}) took effect as number {entry.Command.Sequence} of member {entry.Command.Origin}, whose last one was number {last}.");
        _last[life] = entry.Command.Sequence;
    }
}
