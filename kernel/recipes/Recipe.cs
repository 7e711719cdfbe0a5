namespace Quorate.Kernel.Recipes;

/// <summary>
/// Something that a session does on its owner's behalf by asking the service and watching it: a place in a queue, an instance kept
/// registered. No sockets, clocks or tasks, and no <see cref="Clients.Client"/> either: whoever drives it feeds in what happened and
/// performs what it asks for.
/// </summary>
/// <remarks>
/// A recipe lives as long as its session and no longer, like the client (S-57). Its driver keeps to this:
/// <list type="number">
/// <item>It begins with a tick. A tick that is due (<see cref="DueAt"/>) comes before whatever else happened, and with the fence as it
/// stood then: so a fence that was reached is noticed even if the next thing that arrives would move it.</item>
/// <item>Requests are sent in the order in which they were asked for, on the session that they were asked for, and each is completed once.</item>
/// <item>It is told of every change of the session's state and of every watch event; what it has no use for it ignores.</item>
/// <item>Effects are performed in order. So whoever held something has lost it before the request that gives it up is sent (B14).</item>
/// </list>
/// </remarks>
public abstract class Recipe
{
    /// <summary>Whether nothing more will come of it; it needs not be stepped any more.</summary>
    public abstract bool IsOver { get; }

    /// <summary>When a tick is due at the latest, if the session's fence stands at <paramref name="fenceAt"/>.</summary>
    public abstract Instant DueAt(Instant fenceAt);

    /// <summary>Takes one input. What must happen next is appended to <paramref name="effects"/>.</summary>
    public abstract void Step(in RecipeInput input, RecipeEffects effects);
}
