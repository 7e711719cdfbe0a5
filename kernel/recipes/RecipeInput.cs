using Quorate.Kernel.Clients;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Recipes;

/// <summary>The things that can happen to a recipe.</summary>
public enum RecipeInputKind : byte
{
    /// <summary>Time has passed. The first tick starts the recipe.</summary>
    Tick,
    /// <summary>The session's state has changed; <see cref="RecipeInput.State"/> is the new one.</summary>
    State,
    /// <summary>
    /// A request of this recipe is done: <see cref="RecipeInput.Ticket"/>, Fate and Error, and the reply's body in Bytes.
    /// </summary>
    Done,
    /// <summary>A watched change happened: <see cref="RecipeInput.Event"/>, to the path in Bytes.</summary>
    Event,
    /// <summary>The owner wants no more of it: what it holds is given up, what it has put into the tree is removed.</summary>
    Leave,
}

/// <summary>
/// One thing that happened to a recipe, with what is known about the session by then. Valid only during the step that receives it.
/// </summary>
public readonly ref struct RecipeInput
{
    /// <summary>The local instant, on the clock of the session's client.</summary>
    public required Instant Now { get; init; }
    /// <summary>The session's fence: from this instant on it may be over.</summary>
    public required Instant FenceAt { get; init; }
    /// <summary>The session.</summary>
    public required SessionId Session { get; init; }
    /// <summary>What is known about the session.</summary>
    public required SessionState State { get; init; }
    /// <summary>What happened.</summary>
    public required RecipeInputKind Kind { get; init; }
    /// <summary>For <see cref="RecipeInputKind.Done"/>: the request, as the recipe numbered it.</summary>
    public ulong Ticket { get; init; }
    /// <summary>For <see cref="RecipeInputKind.Done"/>: what is known about it.</summary>
    public Fate Fate { get; init; }
    /// <summary>For <see cref="RecipeInputKind.Done"/>: the server's word, or why there is none.</summary>
    public ErrorCode Error { get; init; }
    /// <summary>For <see cref="RecipeInputKind.Event"/>: what happened to the path.</summary>
    public WatchEvent Event { get; init; }
    /// <summary>The reply's body, or the event's path.</summary>
    public ReadOnlySpan<byte> Bytes { get; init; }
}
