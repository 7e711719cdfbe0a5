using CsCheck;

namespace Quorate.Tests.Specs;

/// <summary>
/// An election between one who is cut off, paused and killed, and one who is always there, and a resource that both write to. Numbers of
/// znodes are those of the queue and serve as tokens; 0 is none.
/// </summary>
/// <param name="Number">The znode of the one in trouble.</param>
/// <param name="Orphan">The znode that its former life has left, whose session is not over yet.</param>
/// <param name="OrphanTimer">After how many seconds that session may be closed.</param>
/// <param name="Fence">For how many seconds the one in trouble relies on its session yet.</param>
/// <param name="Timer">After how many seconds without a word the session may be closed.</param>
/// <param name="IsLinked">Whether it has a connection.</param>
/// <param name="IsPaused">Whether it stands still.</param>
/// <param name="IsInOffice">Whether it has won, and has not noticed anything since.</param>
/// <param name="IsLeaving">Whether it has given up and its znode is still there.</param>
/// <param name="IsExpired">Whether its session is over and it does not know.</param>
/// <param name="OnItsWay">The token of what it has decided to write and the resource has not received.</param>
/// <param name="Other">The znode of the other one.</param>
/// <param name="OtherIsInOffice">Whether the other one has won.</param>
/// <param name="Last">The number given last.</param>
/// <param name="Accepted">The token of the write that the resource has accepted last.</param>
public readonly record struct ElectionState(
    int Number, int Orphan, int OrphanTimer, int Fence, int Timer, bool IsLinked, bool IsPaused, bool IsInOffice, bool IsLeaving, bool IsExpired,
    int OnItsWay, int Other, bool OtherIsInOffice, int Last, int Accepted)
{
    /// <summary>Whether it would act if it were asked now.</summary>
    public bool MayAct => IsInOffice && Fence > 0;

    /// <summary>The lowest number in the queue.</summary>
    public int First => Lowest(Lowest(IsExpired ? 0 : Number, Orphan), Other);

    private static int Lowest(int a, int b) => a == 0 || (b != 0 && b < a) ? b : a;
}

/// <summary>
/// Who may act, by rules that are small enough to be searched whole. The fence is shorter than the session, as <see cref="FenceSpec"/>
/// proves; here is what an election makes of it, and what the token does where the fence is not enough: a pause between deciding and doing.
/// </summary>
public static class ElectionSpec
{
    public const int Timeout = 3, Length = 2, Numbers = 4;

    public const string TwoAct = "NEVER-TWO-MAY-ACT", OlderAfterNewer = "NEVER-OLDER-AFTER-NEWER", InOrder = "IN-ORDER";

    public static readonly ElectionState Begun = new(0, 0, 0, 0, 0, true, false, false, false, false, 0, 0, false, 0, 0);

    public static Spec<ElectionState> Make() => Spec.From(Begun)
        .Boundary(state => state.Last < Numbers)
        .Action("Stand", state => state is { Number: 0, IsLinked: true, IsPaused: false, IsExpired: false },
            state => Settle(state with { Number = state.Last + 1, Last = state.Last + 1, Fence = Length, Timer = Timeout }))
        .Action("OtherStands", state => state.Other == 0, state => Settle(state with { Other = state.Last + 1, Last = state.Last + 1 }))
        .Action("OtherLeaves", state => state.Other > 0, state => Settle(state with { Other = 0, OtherIsInOffice = false }))
        .Action("Ping", state => state is { IsLinked: true, IsPaused: false, IsExpired: false, Timer: > 0 },
            state => Settle(state with { Fence = Length, Timer = Timeout }))
        .Action("Cut", state => state.IsLinked, state => Settle(state with { IsLinked = false }))
        .Action("Heal", state => !state.IsLinked, state => Settle(state with { IsLinked = true }))
        .Action("Pause", state => !state.IsPaused, state => Settle(state with { IsPaused = true }))
        .Action("Resume", state => state.IsPaused, state => Settle(state with { IsPaused = false }))
        .Action("Second", Pass)
        .Action("Expire", state => state is { Timer: 0, Number: > 0, IsExpired: false }, state => Settle(state with { IsExpired = true }))
        .Action("ExpireOrphan", state => state is { OrphanTimer: 0, Orphan: > 0 },
            state => Settle(state with { Orphan = 0, IsExpired = state.IsExpired || state.Number == state.Orphan }))
        .Action("Crash", state => state is { Number: > 0, Orphan: 0 }, Crash)
        .Action("Decide", state => state is { MayAct: true, IsPaused: false, OnItsWay: 0 },
            state => Settle(state with { OnItsWay = state.Number }))
        .Action("Deliver", state => state.OnItsWay > 0, state => Settle(Write(state, state.OnItsWay) with { OnItsWay = 0 }))
        .Action("OtherWrites", state => state.OtherIsInOffice, state => Settle(Write(state, state.Other)))
        .Never(TwoAct, "Within the drift bound nobody may act as owner after its session can have been closed (P8).",
            (_, after) => after is { MayAct: true, OtherIsInOffice: true })
        .Never(OlderAfterNewer, "A guarded resource never accepts an older token after a newer one (P9).",
            (before, after) => after.Accepted < before.Accepted)
        .Rule(InOrder, "Whoever wins stands first in the queue.", (before, after) =>
            (before.IsInOffice || !after.IsInOffice || after.First == after.Number)
            && (before.OtherIsInOffice || !after.OtherIsInOffice || after.First == after.Other))
        .Reachable("TWO-BELIEVE", "One stands still and believes itself in office, and the other is.",
            state => state is { IsInOffice: true, IsPaused: true, OtherIsInOffice: true })
        .Reachable("REFUSED", "What was decided in time arrives too late, and is refused.",
            state => state.OnItsWay > 0 && state.OnItsWay < state.Accepted)
        .Fault("adopts the znode of its former life", "Stand", (before, after) => before.Orphan > 0,
            (before, _) => Settle(before with { Number = before.Orphan, Fence = Length, Timer = Timeout }))
        .Fault("deposed only by an event", "Second", (before, after) => before.IsInOffice && !after.IsInOffice,
            (_, after) => after with { IsInOffice = true, IsLeaving = false, Fence = 1 })
        .Fault("goes on where it was paused", "Resume", (before, after) => before.IsInOffice,
            (before, after) => after with { IsInOffice = true, IsLeaving = false, Fence = Length })
        .Fault("does not look who is ahead", "Stand", (_, after) => after with { IsInOffice = true })
        .Fault("a resource that looks at no token", "Deliver", (before, after) => after with { Accepted = before.OnItsWay })
        .Fault("the other does not wait", "OtherStands", (before, _) => before.MayAct, (_, after) => after with { OtherIsInOffice = true })
        .Fault("the other does not wait for a dead one's session to end", "OtherStands", (before, _) => before.Orphan > 0,
            (_, after) => after with { OtherIsInOffice = true });

    private static ElectionState Pass(ElectionState state) => Settle(state with
    {
        Fence = Math.Max(0, state.Fence - 1),
        Timer = Math.Max(0, state.Timer - 1),
        OrphanTimer = Math.Max(0, state.OrphanTimer - 1),
    });

    /// <summary>The process is gone and another takes its place, which knows nothing; what was on its way is.</summary>
    private static ElectionState Crash(ElectionState state) => Settle(state with
    {
        Number = 0,
        Orphan = state.IsExpired ? 0 : state.Number,
        OrphanTimer = state.IsExpired ? 0 : state.Timer,
        Fence = 0,
        Timer = 0,
        IsInOffice = false,
        IsLeaving = false,
        IsExpired = false,
        IsPaused = false,
    });

    private static ElectionState Write(in ElectionState state, int token) =>
        token < state.Accepted ? state : state with { Accepted = token };

    /// <summary>Everybody who runs does what follows from what it can know.</summary>
    private static ElectionState Settle(ElectionState state)
    {
        if (!state.IsPaused && state.Number > 0)
            state = Run(state);
        return state.Other > 0 && state.First == state.Other ? state with { OtherIsInOffice = true } : state;
    }

    private static ElectionState Run(ElectionState state)
    {
        if (state.IsInOffice && state.Fence == 0)
            state = state with { IsInOffice = false, IsLeaving = true };
        if (!state.IsLinked)
            return state;
        if (state.IsExpired || state.IsLeaving)
            return state with { Number = 0, IsInOffice = false, IsLeaving = false, IsExpired = false, Fence = 0, Timer = 0 };
        return state.First == state.Number && state.Fence > 0 ? state with { IsInOffice = true } : state;
    }
}
