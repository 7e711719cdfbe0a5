using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>Where one thread writes the answers of reads. A thread has its own, and clears it when they were joined.</summary>
public sealed class ReplyWriter
{
    /// <summary>Where the answers lie.</summary>
    internal Arena Arena { get; } = new(initial: 1024, kept: 4 << 20);

    /// <summary>Writes at the arena's end.</summary>
    internal JuteWriter Writer => new(Arena);

    /// <summary>How many bytes of answers there are.</summary>
    public int Length => Arena.Length;

    /// <summary>Forgets the answers: they have been joined.</summary>
    public void Clear() => Arena.Clear();
}
