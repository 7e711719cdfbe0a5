using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>
/// The main judge of consistency. Every reply carries a zxid, so nothing has to be searched for: each must be what the model answers at
/// exactly that zxid, and real time bounds the zxids from below.
/// </summary>
/// <remarks>
/// A write that was called after anybody had seen a zxid takes a greater one; a sync called then is at or past it, and so is every read
/// where reads are linearizable. That is linearizability as far as ZooKeeper promises it, in linear time and with precise blame. What it
/// takes on trust is the zxids themselves; Wing and Gong's search does not.
/// </remarks>
internal sealed class ZxidReplay(Canon canon, bool readsAreLinearizable = false, bool skipAcl = false) : CanonJudge(canon)
{
    private readonly Dictionary<Operation, Zxid> _floors = [];
    private readonly Proofs _proofs = new();
    private Zxid _seen;

    /// <inheritdoc/>
    public override void Called(Operation operation)
    {
        if (IsOrdered(operation.Request))
            _floors[operation] = _seen;
    }

    /// <inheritdoc/>
    public override void Returned(Operation operation)
    {
        var hasFloor = _floors.Remove(operation, out var floor);
        if (operation.Answer is not { } answer)
            return;
        _proofs.Returned(operation);
        if (answer.Zxid <= Zxid.Zero)
            return;   // auth and unknown requests show none
        _seen = answer.Zxid > _seen ? answer.Zxid : _seen;
        if (Canon.Find(answer.Zxid) is not { } entry)
            Accuse($"The reply to {operation} shows zxid {answer.Zxid}, which no entry has taken.");
        else if (hasFloor
            && (operation.Request.IsWrite && operation.Request is not Request.Reconfig ? answer.Zxid <= floor : answer.Zxid < floor))
            Accuse($"The reply to {operation} shows zxid {answer.Zxid}; before it was called, {floor} had been seen.");
        else
            Compare(operation, answer, entry);
    }

    /// <inheritdoc/>
    public override void Saw(WatchSeen seen) => _seen = seen.Zxid > _seen ? seen.Zxid : _seen;

    internal override void Happened(CanonEntry entry)
    {
        if (Canon.Model.Zxid != entry.Zxid)
            Accuse($"After {entry} the model is at zxid {Canon.Model.Zxid}.");
        else if (entry.Expected is { } expected && expected.Error != entry.Answer)
            Accuse($"{entry} was answered {Text(entry.Answer)} instead of {expected.Error}.");
        else if (entry.Expected is null && entry.Request is not (null or Request.Reconfig) && entry.Answer is not null)
            Accuse($"{entry} was answered {Text(entry.Answer)}, and did not have its turn.");
    }

    private bool IsOrdered(Request request) =>
        request.IsWrite || request is Request.Sync || (readsAreLinearizable && request is Request.Read or Request.MultiRead);

    private void Compare(Operation operation, Answer answer, CanonEntry entry)
    {
        var expected = operation.Request.IsWrite
            ? entry.Request is not null && entry.Session == operation.Session ? entry.Expected : null
            : Canon.Model.Read(
                operation.Request, answer.Zxid, operation.Session, _proofs.Of(operation.Client, operation.Connection), skipAcl);
        if (expected is not null && Answers.Difference(expected, answer) is { } difference)
            Accuse($"The reply to {operation} at zxid {answer.Zxid}: {difference}.");
    }

    private static string Text(ErrorCode? error) => error?.ToString() ?? "nothing";
}
