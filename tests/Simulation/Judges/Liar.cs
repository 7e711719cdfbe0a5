using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Judges;

namespace Quorate.Tests.Simulations.Judges;

/// <summary>Ways to falsify a history in one place.</summary>
internal enum Lie
{
    None,
    /// <summary>A reply says that it failed, or that it did not.</summary>
    Error,
    /// <summary>A Stat is one version ahead.</summary>
    Version,
    /// <summary>A read shows other data.</summary>
    Data,
    /// <summary>A list of children lacks one.</summary>
    Name,
    /// <summary>A write's reply has the zxid of the transaction before.</summary>
    EarlierZxid,
    /// <summary>A reply has a zxid that is still to come.</summary>
    LaterZxid,
    /// <summary>A watch event is missing.</summary>
    EventLost,
    /// <summary>A watch event comes twice.</summary>
    EventTwice,
    /// <summary>A watch event comes behind the reply that should have come after it.</summary>
    EventLate,
    /// <summary>A watch event is of another kind.</summary>
    OtherEvent,
    /// <summary>A write that was refused is said to have been acknowledged at another's zxid.</summary>
    WriteForgotten,
}

/// <summary>Stands between clients and judges and passes everything on as it is, but for one lie, at the first occasion after so many events.</summary>
internal sealed class Liar(Lie lie, int after, IReadOnlyList<HistoryJudge> judges) : HistoryJudge
{
    private WatchSeen? _held;
    private int _events;
    private Zxid _seen;

    public bool HasLied { get; private set; }

    private bool MayLie => !HasLied && lie != Lie.None && _events > after;

    public override void Called(Operation operation) => Tell(judge => judge.Called(operation));

    public override void Sent(Operation operation) => Tell(judge => judge.Sent(operation));

    public override void Saw(SessionSeen seen)
    {
        if (_held?.Client == seen.Client)
            _held = null;   // that connection broke: nothing was owed
        Tell(judge => judge.Saw(seen));
    }

    public override void Saw(WatchSeen seen)
    {
        _events++;
        switch (MayLie ? lie : Lie.None)
        {
            case Lie.EventLost:
                HasLied = true;
                return;
            case Lie.EventLate:
                HasLied = true;
                _held = seen;
                return;
            case Lie.EventTwice:
                HasLied = true;
                Tell(judge => judge.Saw(seen));
                break;
            case Lie.OtherEvent:
                HasLied = true;
                seen = seen with { What = seen.What == WatchEvent.NodeDeleted ? WatchEvent.NodeCreated : WatchEvent.NodeDeleted };
                break;
        }
        Tell(judge => judge.Saw(seen));
    }

    public override void Returned(Operation operation)
    {
        _events++;
        if (MayLie && operation.Answer is { Zxid.Value: > 0 } answer && operation.Request.Path != "/zookeeper/config"
            && Falsified(operation.Request, answer) is { } falsified)
        {
            HasLied = true;
            operation.Answer = falsified;
        }
        if (operation.Answer is { } told)
            _seen = told.Zxid;
        Tell(judge => judge.Returned(operation));
        if (_held is { } held && held.Client == operation.Client && operation.Answer is not null)
        {
            _held = null;
            Tell(judge => judge.Saw(held));
        }
    }

    private Answer? Falsified(Request request, Answer answer) => lie switch
    {
        Lie.Error when answer.Error == ErrorCode.Ok && request is Request.Read or Request.SetData or Request.Create =>
            new(ErrorCode.NoNode, answer.Zxid),
        Lie.Version when answer.Stat is { } stat => answer with { Stat = stat with { Version = stat.Version + 1 } },
        Lie.Data when answer.Data is not null => answer with { Data = [.. answer.Data, 1] },
        Lie.Name when answer.Names is { Count: > 0 } names => answer with { Names = [.. names.Skip(1)] },
        Lie.EarlierZxid when request.IsWrite => answer with { Zxid = new(answer.Zxid.Value - 1) },
        Lie.LaterZxid => answer with { Zxid = new(answer.Zxid.Value + 1) },
        Lie.WriteForgotten when request is Request.SetData && answer.Error != ErrorCode.Ok && _seen.Value > 0 =>
            new(ErrorCode.Ok, answer.Zxid) { Stat = default(Stat) },
        _ => null,
    };

    private void Tell(Action<HistoryJudge> what)
    {
        foreach (var judge in judges)
            what(judge);
    }
}
