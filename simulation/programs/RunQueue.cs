namespace Quorate.Simulation.Programs;

/// <summary>
/// Where asynchronous code goes on in the simulation: continuations wait here in the order in which they were posted, and run on the
/// world's one thread when their turn comes. It is behind both the code's SynchronizationContext and its TaskScheduler.
/// </summary>
/// <remarks>
/// A queue that is over forgets what it has and what comes: the code behind it never goes on, as on a computer that lost power.
/// </remarks>
internal class RunQueue
{
    /// <summary>
    /// Flows with the code wherever it goes: a thread that suddenly has it, and is not the world's, runs code that left the world.
    /// </summary>
    private static readonly AsyncLocal<RunQueue?> Origin = new(Moved);

    private readonly Queue<(SendOrPostCallback Callback, object? State)> _ready = new();
    private readonly Scheduler _scheduler;

    public RunQueue(string name, Stage stage)
    {
        (Name, Stage) = (name, stage);
        _scheduler = new(this);
    }

    /// <summary>Whose code it is.</summary>
    public string Name { get; }

    public Stage Stage { get; }

    /// <summary>Whether something waits for its turn.</summary>
    public bool HasWork => _ready.Count > 0;

    public bool IsOver { get; private set; }

    /// <summary>Nothing that waits, and nothing that comes, will run.</summary>
    public void End()
    {
        IsOver = true;
        _ready.Clear();
    }

    /// <summary>Something is to run when it has its turn.</summary>
    public void Post(SendOrPostCallback callback, object? state)
    {
        if (Stage.IsElsewhere)
        {
            Stage.Escaped(Escape.Back(Name, state));
            return;
        }
        if (IsOver)
            return;
        _ready.Enqueue((callback, state));
        Posted();
    }

    /// <summary>Runs something as this code's, with this context and this scheduler.</summary>
    public void Enter(Action what)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new Handle(this));
        try
        {
            var turn = new Task(what, TaskCreationOptions.DenyChildAttach);
            turn.RunSynchronously(_scheduler);
            turn.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>Begins asynchronous code, which is known by this queue from here on. To be called within <see cref="Enter"/>.</summary>
    public Task Begin(Func<Task> code)
    {
        Origin.Value = this;
        return code();
    }

    /// <summary>Runs the first that waits; false when nothing does.</summary>
    public bool RunNext()
    {
        if (!_ready.TryDequeue(out var next))
            return false;
        SynchronizationContext.SetSynchronizationContext(new Handle(this));
        next.Callback(next.State);
        return true;
    }

    private void Run(SendOrPostCallback callback, object? state)
    {
        Stage.Demand(Name);
        callback(state);
    }

    /// <summary>Something waits that did not before.</summary>
    protected virtual void Posted() { }

    private static void Moved(AsyncLocalValueChangedArgs<RunQueue?> change)
    {
        if (change is { ThreadContextChanged: true, CurrentValue: { } queue } && queue.Stage is { IsOver: false, IsElsewhere: true } stage)
            stage.Escaped(Escape.Here(queue.Name));
    }

    /// <summary>
    /// The queue as the context of one turn. Had all turns the same, what is completed in one would go on right there, deep in another's
    /// stack, and with no task scheduler but the pool's.
    /// </summary>
    private sealed class Handle(RunQueue queue) : SynchronizationContext
    {
        public override SynchronizationContext CreateCopy() => this;

        public override void Post(SendOrPostCallback d, object? state) => queue.Post(d, state);

        public override void Send(SendOrPostCallback d, object? state) => queue.Run(d, state);
    }

    /// <summary>Tasks that are started without a scheduler of their own become posts.</summary>
    private sealed class Scheduler(RunQueue queue) : TaskScheduler
    {
        public override int MaximumConcurrencyLevel => 1;

        protected override void QueueTask(Task task) => queue.Post(_ => TryExecuteTask(task), null);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
            !taskWasPreviouslyQueued && !queue.Stage.IsElsewhere && TryExecuteTask(task);

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
