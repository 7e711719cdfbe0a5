using System.Security.Cryptography;
using System.Text;

namespace Quorate.Client;

/// <summary>
/// Recipes run behind the same gate as the kernel's client, one step at a time, so what a recipe knows of the session and its fence is what
/// the client knows.
/// </summary>
public sealed partial class ZooClient
{
    private readonly List<RecipeRun> _runs = [];
    private readonly RecipeEffects _recipeEffects = new();
    private Dice? _recipeDice;
    private bool _isClosing;   // the owner wants no more of the session: for recipes it is over

    /// <summary>Stands for office: of all who do, one is in office at a time, in the order in which they came.</summary>
    /// <param name="path">The znode below which the candidates queue; never the root. It is made if need be.</param>
    /// <param name="options">How the queue is laid out, for programs of other libraries that stand in it too.</param>
    public LeaderElection Elect(string path, QueueOptions? options = null) => new(this, Queue(path), options ?? new());

    /// <summary>A lock that one holds at a time, in the order in which they asked for it. Not reentrant.</summary>
    /// <inheritdoc cref="Elect"/>
    public FairLock Lock(string path, QueueOptions? options = null) => new(this, Queue(path), options ?? new());

    /// <summary>
    /// A lock that either one writer holds or any number of readers, in the order in which they asked for it. Not reentrant.
    /// </summary>
    /// <inheritdoc cref="Elect"/>
    public ReadWriteLock ReadWriteLock(string path, QueueOptions? options = null) => new(this, Queue(path), options ?? new());

    /// <summary>
    /// A lock that so many hold at a time, in the order in which they asked for it. All who use it must name the same number.
    /// </summary>
    /// <param name="path">The znode below which the holders queue; never the root. It is made if need be.</param>
    /// <param name="places">How many may hold it at once.</param>
    /// <param name="options">What its znodes say and who may read them; the layout is Quorate's own.</param>
    public FairSemaphore Semaphore(string path, int places, QueueOptions? options = null) =>
        new(this, Queue(path), places, options ?? new());

    /// <summary>Begins a recipe. It is stepped before the call returns, and until it is over.</summary>
    internal void Start(RecipeRun run)
    {
        Check("/");
        if (_failure is { } failure)
            throw Problems.Broken(OpCode.Create, null, failure);
        Enter(new() { Kind = EventKind.RecipeBegins, Recipe = run });
    }

    /// <summary>The owner of a recipe wants no more of it.</summary>
    internal void Stop(RecipeRun run) => Enter(new() { Kind = EventKind.RecipeLeaves, Recipe = run });

    /// <summary>Whether a contest is won and held, at this moment and by the fence of this moment.</summary>
    internal bool MayAct(Contest contest)
    {
        lock (_gate)
            return _failure is null && contest.MayAct(Now, _client.FenceAt);
    }

    internal TimeSpan CloseTimeout => _options.CloseTimeout;

    internal ReadOnlyMemory<byte> AbsoluteBytes(string path) => Encoding.UTF8.GetBytes(Absolute(path));

    /// <summary>For names that nobody else uses: without a seed they come from the system.</summary>
    internal ulong NewSeed()
    {
        lock (_gate)
        {
            _recipeDice ??= new(~_options.Seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
            return _recipeDice.Next();
        }
    }

    private static string Queue(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var fault = path == "/" ? "is the root, below which other things lie" : ZnodePath.Fault(path);
        return fault is null ? path : throw new ArgumentException($"'{path}' is not a path for a queue: it {fault}.", nameof(path));
    }

    /// <summary>When the next of the recipes is due.</summary>
    private Instant RecipesDue
    {
        get
        {
            var due = Instant.Never;
            foreach (var run in _runs)
                due = Instant.Earlier(due, run.Recipe.DueAt(_client.FenceAt));
            return due;
        }
    }

    /// <summary>A fence that was reached is noticed before anything else that happened, which might move it.</summary>
    private void TickRecipes()
    {
        if (_failure is not null || _runs.Count == 0)
            return;
        var now = Now;
        for (var i = _runs.Count - 1; i >= 0; i--)
            if (_runs[i].Recipe.DueAt(_client.FenceAt) <= now)
                Feed(_runs[i], Input(RecipeInputKind.Tick, now));
    }

    private void Begin(RecipeRun run)
    {
        _client.Step(new() { Now = Now, Kind = ClientInputKind.Rely }, _effects);
        _runs.Add(run);
        Feed(run, Input(RecipeInputKind.Tick, Now));
    }

    private void Leave(RecipeRun run)
    {
        if (!run.Stays)
            Feed(run, Input(RecipeInputKind.Leave, Now));
    }

    private void Answer(RecipeRequest request, in ClientEffect effect)
    {
        if (effect.Error is ErrorCode.ThrottledOp or ErrorCode.BadArguments)
            request.Run.IsRefusedHere = effect.Fate != Fate.Answered;
        Feed(request.Run, Input(RecipeInputKind.Done, Now) with
        {
            Ticket = request.Ticket,
            Fate = effect.Fate,
            Error = effect.Error,
            Bytes = _effects.Bytes(effect),
        });
    }

    /// <summary>The owner closes the session: recipes hear of it as of its end, and before the server does.</summary>
    private void EndRecipes()
    {
        for (var i = _runs.Count - 1; i >= 0; i--)
            Feed(_runs[i], Input(RecipeInputKind.State, Now));
    }

    /// <summary>Shows all recipes a watch event, or the session's new state.</summary>
    private void ShowRecipes(in ClientEffect effect)
    {
        if (_runs.Count == 0)
            return;
        var (kind, what) = (effect.Kind == ClientEffectKind.Event ? RecipeInputKind.Event : RecipeInputKind.State, effect.Event);
        var path = _effects.Bytes(effect).ToArray();   // what one recipe asks for may move it
        var now = Now;
        for (var i = _runs.Count - 1; i >= 0; i--)
            Feed(_runs[i], Input(kind, now) with { Event = what, Bytes = path });
    }

    /// <summary>
    /// What a recipe is told of the session whatever has happened. The fence that an end of the session has brought about is not told: it is
    /// the end that ends what was held. One that was reached before has been noticed before.
    /// </summary>
    private RecipeInput Input(RecipeInputKind kind, Instant now)
    {
        var state = _isClosing ? SessionState.Closed : _client.State;
        var fence = IsOver(state) ? Instant.Never : _client.FenceAt;
        return new() { Now = now, FenceAt = fence, Session = _client.Session, State = state, Kind = kind };
    }

    /// <summary>What has become of a place in a queue with the end of the session.</summary>
    internal ZooException PlaceGone(string queue) =>
        Problems.Over(_isClosing ? SessionState.Closed : _client.State, OpCode.Create, queue, "the place in the queue");

    private void Feed(RecipeRun run, in RecipeInput input)
    {
        run.Recipe.Step(input, _recipeEffects);
        for (var i = 0; i < _recipeEffects.Count; i++)
        {
            ref readonly var effect = ref _recipeEffects[i];
            if (effect.Kind != RecipeEffectKind.Request)
            {
                run.Note(effect);
                continue;
            }
            Request(new RecipeRequest(run, effect.Ticket, effect.Op), _recipeEffects.Record(effect), input.Now);
        }
        _recipeEffects.Clear();
        if (run.Recipe.IsOver)
            _runs.Remove(run);
    }

    private void BreakRecipes(Exception problem)
    {
        _recipeEffects.Clear();
        foreach (var run in _runs)
            run.Break(problem);
        _runs.Clear();
    }
}
