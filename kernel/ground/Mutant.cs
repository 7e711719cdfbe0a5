#if MUTANTS
namespace Quorate.Kernel.Ground;

/// <summary>
/// Bugs that are planted, each the heart of an incident, each a line at the place that it breaks. They exist only where the kernel is
/// compiled with MUTANTS, which is in tests/mutants; the swarm must find every one of them.
/// </summary>
internal enum Mutants
{
    /// <summary>The kernel as it ships.</summary>
    None,

    /// <summary>A write is answered when it was handed to the disk (S-33).</summary>
    RepliesBeforeFlush,

    /// <summary>A batch of the journal counts as durable when it is written (S-38).</summary>
    JournalNotFlushed,

    /// <summary>The journal is trimmed before the superblock that names the snapshot is durable (S-42, A3).</summary>
    TrimmedTooEarly,

    /// <summary>What a session does is no sign of life (S-72).</summary>
    TouchForgotten,
}

/// <summary>Which of them is alive in this process.</summary>
internal static class Mutant
{
    /// <summary>The one.</summary>
    public static Mutants Active { get; set; }

    /// <summary>Whether it is this one.</summary>
    public static bool Is(Mutants mutant) => Active == mutant;
}
#endif
