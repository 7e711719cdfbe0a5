using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Quorate.Simulation.Programs;

/// <summary>Names the methods behind continuations and stacks, as their author wrote them.</summary>
internal static class CodeNames
{
    /// <summary>The first asynchronous method on a stack that is neither .NET's nor ours.</summary>
    public static string? Of(StackTrace stack)
    {
        foreach (var frame in stack.GetFrames())
            if (MethodOf(frame) is { DeclaringType: { } type } method
                && (OfMachine(type) ?? OfMachineAmong(type) ?? Plain(type, method.Name)) is { } name)
                return name;
        return null;
    }

    /// <summary>A method, as its author wrote it.</summary>
    public static string? Of(MethodBase method) => method.DeclaringType is { } type
        ? (method.Name == nameof(IAsyncStateMachine.MoveNext) ? Made(type) : null) ?? Plain(type, method.Name)
        : null;

    /// <summary>The asynchronous method that a posted continuation belongs to.</summary>
    public static string? Of(object? continuation) => continuation switch
    {
        Delegate { Target: { } target } => OfMachine(target.GetType()) ?? OfMachineAmong(target.GetType()),
        _ => null,
    };

    /// <summary>The method that the compiler made a state machine of; null when the type is none, or not the program's.</summary>
    public static string? OfMachine(Type type) => typeof(IAsyncStateMachine).IsAssignableFrom(type) && IsTheirs(type) ? Made(type) : null;

    /// <summary>The method that the compiler made a type of: an asynchronous one, or an iterator.</summary>
    private static string? Made(Type type)
    {
        if (type.DeclaringType is not { } owner)
            return null;
        var (open, close) = (type.Name.IndexOf('<', StringComparison.Ordinal), type.Name.LastIndexOf('>'));
        if (open != 0 || close < 0)
            return null;
        // A lambda's is <<Method>b__0>d, a local function's <<Method>g__Name|0_0>d.
        var inner = type.Name[1..close].Split('|')[0];
        while (owner.DeclaringType is { } outer && owner.Name.StartsWith('<'))
            owner = outer;
        return $"{owner.FullName}.{Readable(inner)}";
    }

    private static string Readable(string name)
    {
        var local = name.IndexOf(">g__", StringComparison.Ordinal);
        if (local >= 0)
            return name[(local + 4)..];
        return name.StartsWith('<') && name.IndexOf('>', StringComparison.Ordinal) is var end and > 0 ? $"{name[1..end]} (a lambda)" : name;
    }

    /// <summary>.NET keeps a state machine in a box whose type says which.</summary>
    private static string? OfMachineAmong(Type type)
    {
        if (type.IsGenericType)
            foreach (var argument in type.GetGenericArguments())
                if (OfMachine(argument) is { } name)
                    return name;
        return null;
    }

    private static string? Plain(Type type, string method)
    {
        if (!IsTheirs(type) || typeof(IAsyncStateMachine).IsAssignableFrom(type))
            return null;
        var owner = type.Name.StartsWith('<') ? type.DeclaringType : type;
        return $"{owner?.FullName}.{Readable(method.StartsWith('<') ? method.Split('|')[0] : method)}";
    }

    private static bool IsTheirs(Type type) =>
        type.Assembly != typeof(CodeNames).Assembly && type.Assembly != typeof(Client.ZooClient).Assembly
        && type.Assembly != typeof(Kernel.Server).Assembly && type.Namespace is var space
        && !(space is "System" || space?.StartsWith("System.", StringComparison.Ordinal) == true);

    [UnconditionalSuppressMessage(
        "Trimming", "IL2026", Justification = "A method that was trimmed away is not named; nothing depends on it.")]
    private static MethodBase? MethodOf(StackFrame frame) => frame.GetMethod();
}
