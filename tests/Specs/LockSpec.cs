using CsCheck;

namespace Quorate.Tests.Specs;

/// <summary>One who wants to read or to write.</summary>
/// <param name="Number">The place in the queue; 0 outside of it.</param>
/// <param name="Writes">What for.</param>
/// <param name="Holds">Whether it has the lock.</param>
public readonly record struct LockPlace(int Number, bool Writes, bool Holds);

/// <summary>Three at a lock.</summary>
/// <param name="A">The first.</param>
/// <param name="B">The second.</param>
/// <param name="C">The third.</param>
/// <param name="Last">The number given last.</param>
public readonly record struct LockState(LockPlace A, LockPlace B, LockPlace C, int Last)
{
    public const int Clients = 3;

    public LockPlace this[int client] => client switch { 0 => A, 1 => B, _ => C };

    public LockState With(int client, LockPlace place) => client switch
    {
        0 => this with { A = place },
        1 => this with { B = place },
        _ => this with { C = place },
    };

    /// <summary>Whether somebody is so, given who it is.</summary>
    public bool Any(Func<int, LockPlace, bool> isSo)
    {
        for (var client = 0; client < Clients; client++)
            if (isSo(client, this[client]))
                return true;
        return false;
    }
}

/// <summary>
/// The read-write lock, of which the plain one is the part without readers: who may have it beside whom, and in which order.
/// </summary>
public static class LockSpec
{
    public const int Numbers = 5;

    public const string Excludes = "WRITER-IS-ALONE", InOrder = "IN-ORDER", Moves = "FIRST-HOLDS";

    private static readonly int[] Clients = [0, 1, 2];

    public static Spec<LockState> Make() => Spec.From(default(LockState))
        .Boundary(state => state.Last < Numbers)
        .Action("Read", Clients, (state, client) => state[client].Number == 0,
            (state, client) => Settle(Stand(state, client, writes: false)))
        .Action("Write", Clients, (state, client) => state[client].Number == 0,
            (state, client) => Settle(Stand(state, client, writes: true)))
        .Action("Leave", Clients, (state, client) => state[client].Number > 0, (state, client) => Settle(state.With(client, default)))
        .Action("Lose", Clients, (state, client) => state[client].Number > 0, (state, client) => Settle(Lose(state, client)))
        .Never(Excludes, "Who writes holds the lock alone.",
            (_, after) => after.Any((one, writer) => writer is { Writes: true, Holds: true } && after.Any((other, place) => other != one && place.Holds)))
        .Never(InOrder, "Nobody gets the lock before another who came earlier and may not have it at the same time.",
            (before, after) => after.Any((one, winner) => winner.Holds && !before[one].Holds && after.Any((_, earlier) =>
                earlier is { Number: > 0, Holds: false } && earlier.Number < winner.Number && (earlier.Writes || winner.Writes))))
        .Invariant(Moves, "Whoever stands first has the lock.", state =>
            !state.Any((_, first) => first is { Number: > 0, Holds: false } && !state.Any((_, other) => other.Number > 0 && other.Number < first.Number)))
        .Reachable("READERS-SHARE", "All three read at once.", state => state is { A.Holds: true, B.Holds: true, C.Holds: true })
        .Fault("a reader passes a writer that waits", "Read", (before, after) => With(before, after, static (state, place) =>
            place with { Holds = !state.Any(static (_, other) => other is { Writes: true, Holds: true }) }))
        .Fault("a writer looks at writers only", "Write", (before, after) => With(before, after, static (state, place) =>
            place with { Holds = !state.Any(static (_, other) => other is { Writes: true, Number: > 0 }) }))
        .Fault("who has lost its znode goes on", "Lose", (before, after) => With(before, after, static (_, place) => place with { Holds = true }))
        .Fault("nobody is told that it is their turn", "Leave", (before, after) => new(
            Still(before.A, after.A), Still(before.B, after.B), Still(before.C, after.C), after.Last));

    private static LockState Stand(in LockState state, int client, bool writes) =>
        state.With(client, new(state.Last + 1, writes, Holds: false)) with { Last = state.Last + 1 };

    /// <summary>Somebody deletes the znode: what was held is lost, and who waited stands again at the end.</summary>
    private static LockState Lose(in LockState state, int client) => state[client].Holds ? state.With(client, default) : Stand(state, client, state[client].Writes);

    private static LockState Settle(LockState state)
    {
        foreach (var client in Clients)
        {
            var place = state[client];
            var isFree = !state.Any((_, other) => other.Number > 0 && other.Number < place.Number && (other.Writes || place.Writes));
            state = state.With(client, place with { Holds = place.Number > 0 && isFree });
        }
        return state;
    }

    /// <summary>The state after, with whoever's step it was changed.</summary>
    private static LockState With(in LockState before, in LockState after, Func<LockState, LockPlace, LockPlace> change)
    {
        foreach (var client in Clients)
            if (before[client].Number != after[client].Number)
                return after.With(client, change(before, after[client]));
        return after;
    }

    private static LockPlace Still(in LockPlace before, in LockPlace after) => after with { Holds = before.Holds && after.Holds };
}
