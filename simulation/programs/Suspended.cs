using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Quorate.Simulation.Programs;

/// <summary>
/// Looks at what suspended code waits for. Nothing that happens in the world will ever complete a real timer, a socket or work on the
/// thread pool, so code that waits for one has left the simulation, although nobody has seen it on another thread.
/// </summary>
/// <remarks>
/// It reads .NET's own state machines, by reflection, from the task that a program returned down to what it waits for in the end. What it
/// does not understand it passes over: it never accuses on a guess.
/// </remarks>
internal static class Suspended
{
    private const int DepthMost = 64;
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>What a program's code waits for outside of its world; null when nothing of that kind is found.</summary>
    public static Escape? Look(string program, Task root) => Visit(new(program, null, 0, new()), root);

    /// <summary>The innermost of a program's own methods that is suspended; null when none is.</summary>
    public static string? Where(Task root)
    {
        var trail = new Trail();
        Visit(new("", null, 0, trail), root);
        return trail.Innermost;
    }

    /// <summary>What a look came by.</summary>
    private sealed class Trail
    {
        public string? Innermost { get; set; }
    }

    /// <summary>How far a look has come: whose code it is, and in which of its methods.</summary>
    private readonly record struct Place(string Program, string? Method, int Depth, Trail Trail)
    {
        public Place Deeper => this with { Depth = Depth + 1 };

        public Escape Found(string how) => new(Program, how, Method, "");
    }

    private static Escape? Visit(Place place, object? awaited) => awaited switch
    {
        _ when place.Depth > DepthMost => null,
        Task { IsCompleted: true } => null,
        Task task when MachineOf(task) is { } machine => VisitMachine(place, machine),
        Task task => VisitPromise(place, task),
        IAsyncStateMachine machine => VisitMachine(place, machine),   // an iterator is its own
        not null when IsOutside(awaited.GetType()) => place.Found("it waits for real input or output"),
        _ => null,
    };

    /// <summary>The state machine in the task that the compiler's builder made for it.</summary>
    private static object? MachineOf(Task task) =>
        task.GetType() is { IsGenericType: true } type && type.Name.StartsWith("AsyncStateMachineBox", StringComparison.Ordinal)
            ? FieldsOf(type).FirstOrDefault(static field => field.Name == "StateMachine")?.GetValue(task)
            : null;

    private static Escape? VisitMachine(Place place, object machine)
    {
        var type = machine.GetType();
        var name = CodeNames.OfMachine(type);
        place = place.Deeper with { Method = name ?? place.Method };
        place.Trail.Innermost = place.Method;
        foreach (var field in FieldsOf(type))
        {
            if (field.FieldType.Namespace == typeof(TaskAwaiter).Namespace
                && field.FieldType.Name.Contains("Awaiter", StringComparison.Ordinal))
            {
                if (VisitAwaiter(place, field.GetValue(machine)!, isTheirs: name is not null) is { } found)
                    return found;
            }
            else if (name is not null && field.GetValue(machine) is { } held and (CancellationTokenSource or PeriodicTimer or ITimer)
                && HoldsRealTimer(held))
                return place.Found($"it relies on the real time of a {field.FieldType.Name}");
        }
        return null;
    }

    private static Escape? VisitAwaiter(Place place, object awaiter, bool isTheirs)
    {
        var awaited = Awaited(awaiter, out var leaves);
        if (awaited is null or Task { IsCompleted: true })
            return null;
        return isTheirs && leaves ? place.Found("it awaits something with ConfigureAwait(false)") : Visit(place.Deeper, awaited);
    }

    /// <summary>What an awaiter awaits: the first task or source in it, however many structures it is wrapped in.</summary>
    private static object? Awaited(object awaiter, out bool leaves)
    {
        leaves = false;
        object? awaited = null;
        foreach (var field in FieldsOf(awaiter.GetType()))
        {
            var value = field.GetValue(awaiter);
            if (value is ConfigureAwaitOptions options)
                leaves = (options & ConfigureAwaitOptions.ContinueOnCapturedContext) == 0;
            else if (value is bool continues && field.Name.Contains("continueOnCapturedContext", StringComparison.OrdinalIgnoreCase))
                leaves = !continues && awaiter.GetType().Name.StartsWith("ValueTask", StringComparison.Ordinal);
            else if (value is Task || (value is not null && field.Name == "_obj"))
                awaited ??= value;
            else if (value is ValueType && value.GetType() is { IsPrimitive: false, IsEnum: false } inner && IsNet(inner))
            {
                var within = Awaited(value, out var leavesWithin);
                (awaited, leaves) = (awaited ?? within, leaves | leavesWithin);
            }
        }
        return awaited;
    }

    /// <summary>A task that no asynchronous method made: a delay, a combination of others, work on the pool.</summary>
    private static Escape? VisitPromise(Place place, Task task)
    {
        for (var type = task.GetType(); type is not null && type != typeof(Task); type = type.BaseType)
            foreach (var field in FieldsOf(type))
                switch (field.GetValue(task))
                {
                    case ITimer timer when IsReal(timer):
                        return place.Found("it waits for real time, as in Task.Delay without computer.Time");
                    case Task other when Visit(place.Deeper, other) is { } found:
                        return found;
                    case IEnumerable<Task?> others:
                        foreach (var other in others)
                            if (Visit(place.Deeper, other) is { } among)
                                return among;
                        break;
                }
        return RunsOnThePool(task) || IsOfPool(task) ? place.Found("it waits for work on the thread pool, as in Task.Run") : null;
    }

    private static bool RunsOnThePool(Task task)
    {
        object? action = null, scheduler = null;
        foreach (var field in FieldsOf(typeof(Task)))
            if (field.Name == "m_action")
                action = field.GetValue(task);
            else if (field.Name == "m_taskScheduler")
                scheduler = field.GetValue(task);
        return action is Delegate && scheduler == TaskScheduler.Default;
    }

    /// <summary>
    /// Task.Run of something asynchronous; what Unwrap makes of a task of the world's own does not look for cancellations.
    /// </summary>
    private static bool IsOfPool(Task task) => task.GetType().Name.StartsWith("UnwrapPromise", StringComparison.Ordinal)
        && FieldsOf(task.GetType()).FirstOrDefault(static field => field.Name == "_lookForOce")?.GetValue(task) is true;

    private static bool HoldsRealTimer(object holder) =>
        holder is ITimer timer
            ? IsReal(timer)
            : FieldsOf(holder.GetType()).Any(field => field.GetValue(holder) is ITimer inner && IsReal(inner));

    private static bool IsReal(ITimer timer) => IsNet(timer.GetType());

    private static bool IsNet(Type type) => type.Assembly == typeof(object).Assembly;

    private static bool IsOutside(Type type) =>
        type.Namespace is { } space
        && (space.StartsWith("System.Net", StringComparison.Ordinal) || space.StartsWith("System.IO", StringComparison.Ordinal));

    [UnconditionalSuppressMessage(
        "Trimming", "IL2070", Justification = "A field that was trimmed away is not looked at; nothing depends on it.")]
    private static FieldInfo[] FieldsOf(Type type) => type.GetFields(Fields);
}
