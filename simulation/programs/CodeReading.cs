using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Quorate.Simulation.Programs;

/// <summary>
/// Reads the instructions of the code that describes a world, of its programs, and of what they call, for calls whose answer is the real world's
/// (<see cref="RealWorld"/>). Nothing of these can be seen while they run.
/// </summary>
/// <remarks>
/// What is read may run; whether it does nobody can say. So only what its author has written is read (<see cref="OwnCode"/>), and of that no
/// static constructor: it runs once, not in each world. What cannot be followed is passed over.
/// </remarks>
[UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "What was trimmed away is not read; nothing depends on it.")]
[UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "As above.")]
[UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "As above.")]
internal sealed class CodeReading
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly OwnCode _own;
    private readonly Queue<MethodBase> _toRead = new();
    private readonly HashSet<MethodBase> _methods = [];
    private readonly HashSet<object> _targets = new(ReferenceEqualityComparer.Instance);

    private CodeReading(OwnCode own) => _own = own;

    /// <summary>The first call that leaves the world, in words; null when none is found.</summary>
    /// <param name="plot">Describes the world.</param>
    /// <param name="programs">What runs on its computers.</param>
    /// <param name="trusted">Types whose code is not read.</param>
    public static string? Look(Delegate plot, IEnumerable<Delegate> programs, IReadOnlyCollection<Type> trusted)
    {
        if (!RuntimeFeature.IsDynamicCodeSupported)
            return null;   // there are no instructions to read any more
        var reading = new CodeReading(new(plot.Method.Module.Assembly, trusted));
        reading.Add(plot);
        foreach (var program in programs)
            reading.Add(program);
        while (reading._toRead.TryDequeue(out var method))
            if (reading.Read(method) is { } found)
                return found;
        return null;
    }

    /// <summary>A delegate, and those that it carries with it in its closure.</summary>
    private void Add(Delegate code)
    {
        Add(code.Method);
        if (code.Target is { } target)
            AddClosure(target);
    }

    private void AddClosure(object closure)
    {
        if (!closure.GetType().IsDefined(typeof(CompilerGeneratedAttribute)) || !_targets.Add(closure))
            return;
        foreach (var field in closure.GetType().GetFields(Declared))
            if (field.GetValue(closure) is Delegate carried)
                Add(carried);
            else if (field.GetValue(closure) is { } outer)
                AddClosure(outer);
    }

    private void Add(MethodBase method)
    {
        if (method.DeclaringType is not { } type || !_own.Has(type) || Definition(method) is not { } definition || !_methods.Add(definition))
            return;
        _toRead.Enqueue(definition);
        if (definition.GetCustomAttribute<StateMachineAttribute>() is { } machine)
            AddVirtuals(machine.StateMachineType);
        if (definition is ConstructorInfo { IsStatic: false, DeclaringType: { } made })
            AddVirtuals(made);
    }

    /// <summary>What others may call of an object that was made, without its being named where they do.</summary>
    private void AddVirtuals(Type type)
    {
        foreach (var method in type.GetMethods(Declared))
            if (method.IsVirtual)
                Add(method);
    }

    private string? Read(MethodBase method)
    {
        foreach (var token in Instructions.Tokens(method.GetMethodBody()?.GetILAsByteArray()))
            if (Called(method, token) is { } called)
            {
                if (RealWorld.NameOf(called) is { } name)
                    return $"{CodeNames.Of(method)} calls {name}, which is the real world's. Take time from computer.Time and chance from the world's "
                        + $"Seed; or, if that never runs in this world, say world.Trust(typeof({OwnCode.Outermost(method.DeclaringType!).Name})).";
                Add(called);
            }
        return null;
    }

    /// <summary>The method that a token stands for; null when it stands for something else, or for what is not there.</summary>
    private static MethodBase? Called(MethodBase caller, int token)
    {
        try
        {
            return caller.Module.ResolveMember(
                token, caller.DeclaringType?.GetGenericArguments(), caller.IsGenericMethod ? caller.GetGenericArguments() : null) as MethodBase;
        }
        catch (Exception problem) when (
            problem is ArgumentException or TypeLoadException or MissingMemberException or IOException or BadImageFormatException)
        {
            return null;
        }
    }

    /// <summary>A method as it was written, without the types that it is used with.</summary>
    private static MethodBase? Definition(MethodBase method)
    {
        try
        {
            return method.Module.ResolveMethod(method.MetadataToken);
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidOperationException)
        {
            return null;   // it was made at run time
        }
    }
}
