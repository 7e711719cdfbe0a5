namespace Quorate.Simulation.Programs;

/// <summary>What all programs of one world share: the thread that they run on, and who is on it just now.</summary>
internal sealed class Stage
{
    private static readonly TimeSpan PoolPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan NamePatience = TimeSpan.FromMilliseconds(200);

    private readonly int _thread = Environment.CurrentManagedThreadId;
    private Escape? _escape;

    /// <summary>Whether the caller runs on another thread than the world's.</summary>
    public bool IsElsewhere => Environment.CurrentManagedThreadId != _thread;

    /// <summary>Whose program has its turn; null between turns.</summary>
    public ProgramComputer? Acting { get; set; }

    /// <summary>The first sign of a program outside of its world.</summary>
    public Escape? Escape => Volatile.Read(ref _escape);

    /// <summary>Nothing that comes now concerns the world any more.</summary>
    public bool IsOver { get; set; }

    /// <summary>Every turn of a program, where two runs are to be compared; null otherwise.</summary>
    public List<Turn>? Turns { get; init; }

    /// <summary>A program was met on another thread, or comes back from one. May be called there.</summary>
    public void Escaped(Escape escape)
    {
        // The first is what happened; one that can name the method tells the same better.
        if (!IsOver && Interlocked.CompareExchange(ref _escape, escape, null) is { Method: null } unnamed && escape.Method is not null)
            Interlocked.CompareExchange(ref _escape, escape, unnamed);
    }

    /// <summary>Gives code that was met on another thread a moment to touch something, or to come back, which tells who it is.</summary>
    public void AwaitName() => SpinWait.SpinUntil(() => Escape is not { Method: null }, NamePatience);

    /// <summary>
    /// Waits until the thread pool has begun what it was given before: a program that has left its world is then seen there. Twice, since
    /// what was begun first may be seen last.
    /// </summary>
    public void AwaitPool()
    {
        for (var round = 0; round < 2 && Escape is null; round++)
        {
            var begun = new ManualResetEventSlim();   // not disposed: the pool may be later than our patience
            using (ExecutionContext.SuppressFlow())
                ThreadPool.UnsafeQueueUserWorkItem(static begun => begun.Set(), begun, preferLocal: false);
            begun.Wait(PoolPatience);
        }
    }

    /// <summary>What only the world's thread may do.</summary>
    public void Demand(string program)
    {
        if (!IsElsewhere)
            return;
        Escaped(Programs.Escape.Here(program));
        throw new InvalidOperationException(
            $"{program} runs on another thread than its world. Code in the simulation awaits nothing with ConfigureAwait(false), starts no "
            + "Task.Run, and takes every delay from computer.Time.");
    }
}

/// <summary>A program had its turn.</summary>
internal readonly record struct Turn(Times.TrueTime At, int Node, int Steps);
