using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Quorate.Kernel.Ground;

/// <summary>Assertions that stay on in release: what is checked here can only fail by a bug in this code, never by input or environment.</summary>
public static class Invariant
{
    /// <summary>Stops the server when <paramref name="condition"/> is false.</summary>
    /// <exception cref="BrokenInvariantException">The condition is false.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Holds([DoesNotReturnIf(false)] bool condition, [CallerArgumentExpression(nameof(condition))] string? claim = null)
    {
        if (!condition)
            Broken(claim);
    }

    /// <summary>A place that cannot be reached.</summary>
    /// <exception cref="BrokenInvariantException">Always.</exception>
    [DoesNotReturn]
    public static void Broken(string? claim) => throw new BrokenInvariantException(claim ?? "unreachable");
}

/// <summary>The kernel contradicted itself. Nothing it holds may be trusted; the server must stop.</summary>
public sealed class BrokenInvariantException : Exception
{
    /// <summary>With the claim that did not hold.</summary>
    public BrokenInvariantException(string claim) : base("Invariant broken: " + claim) { }

    /// <summary>Without a claim.</summary>
    public BrokenInvariantException() : this("unnamed") { }

    /// <summary>With the claim and what caused it.</summary>
    public BrokenInvariantException(string claim, Exception inner) : base("Invariant broken: " + claim, inner) { }
}
