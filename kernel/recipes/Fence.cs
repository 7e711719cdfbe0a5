namespace Quorate.Kernel.Recipes;

/// <summary>The one place where it is decided whether an office that was won may still be held.</summary>
/// <remarks>
/// Nothing but the fence of the session decides. A lost connection does not depose: until the fence is reached no server can have ended the
/// session, so nobody else's turn has come, and an owner that reconnects in time keeps its office. Nor does an owner wait to be told that
/// the session is over: who is cut off or was paused is told too late (S-51, S-60). Design §8 has the proof.
/// </remarks>
internal static class Fence
{
#if MUTANTS
    public static bool IsReached(Instant now, Instant fenceAt) => now >= fenceAt && !Mutant.Is(Mutants.DeposedByEventOnly);
#else
    public static bool IsReached(Instant now, Instant fenceAt) => now >= fenceAt;
#endif
}
