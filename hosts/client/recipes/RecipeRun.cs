namespace Quorate.Client;

/// <summary>
/// A recipe that a client runs, and what is done with what it tells. Called behind the client's gate; who is to hear of it is told in a
/// turn.
/// </summary>
internal abstract class RecipeRun(Recipe recipe)
{
    public Recipe Recipe => recipe;

    /// <summary>Whether a wish to leave comes too late to be heeded.</summary>
    public abstract bool Stays { get; }

    /// <summary>Whether something is held that must be given up in time.</summary>
    public abstract bool IsHeld { get; }

    /// <summary>Whether it was this client that did not send the last request that was refused, and no server that refused it.</summary>
    public bool IsRefusedHere { get; set; }

    /// <summary>Takes what the recipe tells: anything but a request.</summary>
    public abstract void Note(in RecipeEffect effect);

    /// <summary>The client is out of service, and the recipe is not stepped any more.</summary>
    public abstract void Break(Exception problem);
}

/// <summary>A request of a recipe's, on its way like any other; nobody awaits it.</summary>
internal sealed class RecipeRequest : Operation
{
    public RecipeRequest(RecipeRun run, ulong ticket, OpCode op) => (Run, Ticket, Op) = (run, ticket, op);

    public RecipeRun Run { get; }

    /// <summary>Its number, as the recipe gave it.</summary>
    public ulong Ticket { get; }

    public override bool IsTold => true;

    public override void Answered(in Answer answer) { }

    public override void Failed(Exception problem) { }

    public override void Tell() { }
}
