using CsCheck;

namespace Quorate.Tests.Specs;

/// <summary>Where the one request stands that the owner of a session has under way.</summary>
public enum Way : byte
{
    /// <summary>There is none, and the connection stands.</summary>
    None,
    /// <summary>There is none, and no connection: the next request is an attach.</summary>
    Apart,
    /// <summary>It is sent.</summary>
    Sent,
    /// <summary>Whoever led once has recorded it and does not lead any more, without knowing.</summary>
    RecordedInVain,
    /// <summary>The leader has recorded it: the session's timer starts anew.</summary>
    Recorded,
    /// <summary>A quorum round that began later has shown that the leader still led.</summary>
    Confirmed,
}

/// <summary>A session between its owner and the leader: what the one believes, and what the other is about to do. Seconds of true time.</summary>
/// <param name="Way">The request under way.</param>
/// <param name="IsAttach">Whether that is an attach.</param>
/// <param name="Age">How long ago it was sent, by the owner's clock; no more than the fence is long.</param>
/// <param name="Fence">How long the owner relies on the session yet, by its clock.</param>
/// <param name="Timer">After how long a silence the leader may close it, by the leader's clock.</param>
/// <param name="Lag">For how long the owner's clock must run true before it may lose another second.</param>
/// <param name="Lead">For how long the leader's clock must run true before it may gain another second.</param>
/// <param name="IsProposed">A close of it is in the log.</param>
/// <param name="Refuses">The leader takes no more touches of it.</param>
/// <param name="IsClosed">It is over.</param>
public readonly record struct FenceState(
    Way Way, bool IsAttach, int Age, int Fence, int Timer, int Lag, int Lead, bool IsProposed, bool Refuses, bool IsClosed);

/// <summary>
/// Design §8 as a model that is small enough to be searched whole: one session of six seconds, clocks whose rate is wrong by a fifth at most, touches,
/// confirmation rounds, elections, connections that break. Within that drift nobody closes the session before its owner's fence.
/// </summary>
public static class FenceSpec
{
    /// <summary>The session's timeout, and for how long after a request was sent its owner relies on it: 6 × (1 − 1/5)/(1 + 1/5).</summary>
    public const int Timeout = 6, Length = 4;

    /// <summary>A clock that is wrong by a fifth: one second in five.</summary>
    public const int DriftPpm = 200_000, Steady = 4;

    public const string ClosesEarly = "CLOSED-BEFORE-FENCE";

    /// <summary>A session that has just been opened.</summary>
    public static readonly FenceState Opened = new(Way.None, false, 0, Length, Timeout, 0, 0, false, false, false);

    public static Spec<FenceState> Make() => Spec.From(Opened)
        .Terminal(state => state is { IsClosed: true, Fence: 0 })
        .Action("Send", state => state.Way is Way.None or Way.Apart && !state.IsClosed,
            state => state with { Way = Way.Sent, IsAttach = state.Way == Way.Apart, Age = 0 })
        .Action("Record", state => state.Way == Way.Sent && !state.IsClosed,
            state => state.Refuses ? state : state with { Way = Way.Recorded, Timer = Timeout })
        .Action("RecordInVain", state => state.Way == Way.Sent && !state.IsClosed, state => state with { Way = Way.RecordedInVain })
        .Action("ForwardAgain", state => state.Way == Way.RecordedInVain, state => state with { Way = Way.Sent })
        .Action("Confirm", state => state.Way == Way.Recorded, state => state with { Way = Way.Confirmed })
        .Action("Answer", state => state.Way == Way.Confirmed,
            state => state with { Way = Way.None, IsAttach = false, Age = 0, Fence = Math.Max(state.Fence, Length - state.Age) })
        .Action("Break", state => state.Way is not Way.Apart && !state.IsClosed, state => state with { Way = Way.Apart, IsAttach = false, Age = 0 })
        .Action("Second", state => !state.IsClosed || state.Fence > 0, state => Pass(state, owner: 1, leader: 1))
        .Action("SecondOfASlowOwner", state => state.Lag == 0 && !state.IsClosed, state => Pass(state, owner: 0, leader: 1) with { Lag = Steady })
        .Action("SecondOfAFastLeader", state => state.Lead == 0 && !state.IsClosed, state => Pass(state, owner: 1, leader: 2) with { Lead = Steady })
        .Action("SecondOfBoth", state => state is { Lag: 0, Lead: 0, IsClosed: false },
            state => Pass(state, owner: 0, leader: 2) with { Lag = Steady, Lead = Steady })
        .Action("ProposeClose", state => state is { Timer: 0, IsProposed: false, IsClosed: false },
            state => state with { IsProposed = true, Refuses = true })
        .Action("CommitClose", state => state is { IsProposed: true, IsClosed: false }, Close)
        .Action("ElectWithoutTheClose", state => !state.IsClosed, Elect)
        .Action("ElectWithTheClose", state => state is { IsProposed: true, IsClosed: false }, state => Close(Elect(state)))
        .Never(ClosesEarly, "No CloseSession(s) is committed, other than at the owner's request, before the owner's FenceAt in true time.",
            (before, after) => !before.IsClosed && after.IsClosed && before.Fence > 0)
        .Reachable("CLOSES", "A session of which nothing is heard is closed.", state => state.IsClosed)
        .Reachable("STAYS", "A session is relied on without a gap for longer than its first fence.", state => state is { Fence: Length, Lag: > 0, IsClosed: false })
        .Reachable("RETURNS", "Who was late for its fence and in time for the timeout has its session back.",
            state => state is { Way: Way.Confirmed, IsAttach: true, Fence: 0 })
        .Fault("a pong before the touch is confirmed", "RecordInVain",
            (before, after) => after with { Fence = Math.Max(before.Fence, Length - before.Age) })
        .Fault("a fence that counts from the receipt", "Answer", (_, after) => after with { Fence = Length })
        .Fault("a fence that trusts its clock", "Answer", (before, after) => after with { Fence = Math.Max(before.Fence, Timeout - before.Age) })
        .Fault("a leader that closes and still listens", "ProposeClose", (_, after) => after with { Refuses = false })
        .Fault("a touch that is not noted", "Record", (before, after) => after with { Timer = before.Timer })
        .Fault("a new leader that counts from what it has heard itself", "ElectWithoutTheClose", (_, after) => after with { Timer = 1 })
        .Fault("a connection that is believed in for the whole timeout", "Break", (before, after) => after with { Fence = Math.Max(before.Fence, Timeout) });

    private static FenceState Pass(in FenceState state, int owner, int leader) => state with
    {
        Age = state.Way is Way.None or Way.Apart ? 0 : Math.Min(Length, state.Age + owner),
        Fence = Math.Max(0, state.Fence - owner),
        Timer = Math.Max(0, state.Timer - leader),
        Lag = Math.Max(0, state.Lag - 1),
        Lead = Math.Max(0, state.Lead - 1),
    };

    private static FenceState Close(FenceState state) => state with { IsClosed = true, IsProposed = false, Way = Way.Apart, IsAttach = false, Age = 0 };

    /// <summary>
    /// What an earlier leader had recorded and not confirmed is forwarded to the new one; its close either comes first of all or never. The
    /// new leader's clock is another, which may gain its second at once.
    /// </summary>
    private static FenceState Elect(FenceState state) => state with
    {
        Timer = Timeout,
        IsProposed = false,
        Refuses = false,
        Lead = 0,
        Way = state.Way == Way.Recorded ? Way.Sent : state.Way,
    };
}
