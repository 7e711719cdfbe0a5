using System.Diagnostics;

namespace Quorate.Simulation.Programs;

/// <summary>A sign that a program has left its world: where it was met, and what is known of the code.</summary>
/// <param name="Program">Whose code.</param>
/// <param name="How">What was seen, in words.</param>
/// <param name="Method">The method of the program's own, if it can be named.</param>
/// <param name="Stack">The stack where it was seen.</param>
internal sealed record Escape(string Program, string How, string? Method, string Stack)
{
    /// <summary>The caller is a program's code on a thread that is not the world's.</summary>
    public static Escape Here(string program)
    {
        var stack = new StackTrace(skipFrames: 1, fNeedFileInfo: true);
        return new(program, "it runs on another thread than its world's", CodeNames.Of(stack), stack.ToString());
    }

    /// <summary>The verdict: who, where, why, and what to do.</summary>
    public string Tell() => $"{Program} left its simulation{(Method is null ? "" : $" in {Method}")}: {How}. "
        + "Take every delay and clock from computer.Time, await nothing with ConfigureAwait(false), start no Task.Run, no thread and no timer "
        + $"of your own.{(Stack.Length == 0 ? "" : "\n" + Stack.TrimEnd())}";

    /// <summary>A continuation of a program's comes back from a thread that is not the world's.</summary>
    /// <param name="program">Whose code.</param>
    /// <param name="continuation">What was posted.</param>
    public static Escape Back(string program, object? continuation)
    {
        var stack = new StackTrace(skipFrames: 1, fNeedFileInfo: true);
        var method = CodeNames.Of(continuation) ?? CodeNames.Of(stack);
        return new(program, "it awaits something that another thread has completed", method, stack.ToString());
    }
}
