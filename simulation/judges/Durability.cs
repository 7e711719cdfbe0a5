using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>Every acknowledged write is in the canonical sequence, as its client asked for it, under the zxid of its reply.</summary>
/// <remarks>That the sequence itself is never rewritten is the canon's own claim, and that members walk it the log's judges'.</remarks>
internal sealed class Durability(Canon canon) : CanonJudge(canon)
{
    /// <inheritdoc/>
    public override void Returned(Operation operation)
    {
        // What is refused without going through the log shows the zxid of a state, not of an entry of its own.
        if (!operation.Request.IsWrite || operation.Request is Request.Reconfig || operation.Answer is not { } answer
            || answer.Error == ErrorCode.ThrottledOp || answer.Error == ErrorCode.NotReadOnly)
            return;
        if (Canon.Find(answer.Zxid) is not { } entry)
            Accuse($"{operation} was acknowledged at zxid {answer.Zxid}, and no entry has taken it.");
        else if (entry.Session != operation.Session || entry.Request is null || !entry.Request.IsSame(operation.Request))
            Accuse($"{operation} was acknowledged at zxid {answer.Zxid}, and that is {entry}.");
        else if (entry.Answer != answer.Error)
            Accuse($"{operation} was answered {answer.Error} at zxid {answer.Zxid}, and {entry} was answered {entry.Answer}.");
    }
}
