using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Recipes;

/// <summary>The things a recipe may ask of its session, and tell its owner.</summary>
public enum RecipeEffectKind : byte
{
    /// <summary>
    /// Send the request <see cref="RecipeEffect.Op"/> with the record in its bytes; it is done under <see cref="RecipeEffect.Ticket"/>.
    /// </summary>
    Request,
    /// <summary>It has what it wanted, under <see cref="RecipeEffect.Token"/>.</summary>
    Won,
    /// <summary>It has it no longer, or will not get it: <see cref="RecipeEffect.Reason"/>. Told once.</summary>
    Ended,
    /// <summary>Nothing of it is left in the tree, or what is left goes with the session. It is over.</summary>
    Left,
}

/// <summary>Why an office, a lock or a wait for one has ended.</summary>
public enum Ending : byte
{
    /// <summary>It has not.</summary>
    None,
    /// <summary>The owner left.</summary>
    Released,
    /// <summary>It had not been won when the owner's patience ended.</summary>
    TimedOut,
    /// <summary>The fence was reached: the session may be over, and somebody else's turn may have come.</summary>
    Fenced,
    /// <summary>Somebody deleted the znode that stood for it.</summary>
    Deleted,
    /// <summary>The session is over.</summary>
    SessionOver,
    /// <summary>The service refused a request that it takes; the error says why.</summary>
    Refused,
}

/// <summary>One thing that must happen next, in order. Which members mean something depends on <see cref="Kind"/>.</summary>
public readonly record struct RecipeEffect
{
    /// <summary>What it is.</summary>
    public required RecipeEffectKind Kind { get; init; }
    /// <summary>The number of a request.</summary>
    public ulong Ticket { get; init; }
    /// <summary>The operation.</summary>
    public OpCode Op { get; init; }
    /// <summary>Where its record lies.</summary>
    public Slice Bytes { get; init; }
    /// <summary>The fencing token: the czxid of the znode that won, higher than that of everybody who held the same before.</summary>
    public Zxid Token { get; init; }
    /// <summary>Why it ended.</summary>
    public Ending Reason { get; init; }
    /// <summary>What the service said, where it refused something.</summary>
    public ErrorCode Error { get; init; }
}

/// <summary>What steps of recipes ask for and tell, in order, and the arena the records lie in.</summary>
public sealed class RecipeEffects
{
    private readonly Arena _arena = new(1024, 1 << 20);
    private RecipeEffect[] _effects = new RecipeEffect[8];

    /// <summary>How many effects there are.</summary>
    public int Count { get; private set; }

    /// <summary>The effect at a position.</summary>
    public ref readonly RecipeEffect this[int position] => ref _effects[position];

    /// <summary>The record of a request; void after the next step.</summary>
    public ReadOnlySpan<byte> Record(in RecipeEffect effect) => _arena[effect.Bytes];

    /// <summary>Forgets everything: the effects have been performed.</summary>
    public void Clear()
    {
        Count = 0;
        _arena.Clear();
    }

    /// <summary>Where the record of the next request is written, before <see cref="Ask"/>.</summary>
    internal JuteWriter Writer => new(_arena);

    /// <summary>Asks for a request whose record was written since the arena's end was at <paramref name="start"/>.</summary>
    internal void Ask(ulong ticket, OpCode op, int start) =>
        Add(new() { Kind = RecipeEffectKind.Request, Ticket = ticket, Op = op, Bytes = new(start, _arena.Length - start) });

#if MUTANTS
    /// <summary>The last read is one without a watch.</summary>
    internal void Unwatch()
    {
        var record = _arena[_effects[Count - 1].Bytes].ToArray();
        record[^1] = 0;
        _effects[Count - 1] = _effects[Count - 1] with { Bytes = _arena.Append(record) };
    }
#endif

    internal void Win(Zxid token) => Add(new() { Kind = RecipeEffectKind.Won, Token = token });

    internal void End(Ending reason, ErrorCode error) => Add(new() { Kind = RecipeEffectKind.Ended, Reason = reason, Error = error });

    internal void Leave(ErrorCode error) => Add(new() { Kind = RecipeEffectKind.Left, Error = error });

    private void Add(in RecipeEffect effect)
    {
        if (Count == _effects.Length)
            Array.Resize(ref _effects, Count * 2);
        _effects[Count++] = effect;
    }
}
