using System.Text;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Recipes;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Specs;

/// <summary>A contest as it ships, with a session of its own and a <see cref="SmallQueue"/> for a service that answers at once.</summary>
internal sealed class Contestant
{
    private const string Path = "/q";

    private readonly SmallQueue _queue;
    private readonly SessionId _session;
    private readonly Contest _contest;
    private readonly RecipeEffects _effects = new();
    private readonly Queue<(ulong Ticket, OpCode Op, byte[] Record)> _asked = new();
    private readonly Queue<string> _removed = new();
    private bool _hasBegun, _isSuspended;

    public Contestant(SmallQueue queue, Discipline discipline)
    {
        _queue = queue;
        _session = new(queue.NewSession());
        _contest = new(new() { Path = Encoding.UTF8.GetBytes(Path), Discipline = discipline }, (ulong)_session.Value);
        queue.Removed += _removed.Enqueue;
    }

    public required Instant FenceAt { get; set; }

    public bool IsExpired { get; set; }

    public bool IsOver => _contest.IsOver;

    public bool IsInOffice { get; private set; }

    public int Token { get; private set; }

    public string? Name => _contest.Name.IsEmpty ? null : Encoding.UTF8.GetString(_contest.Name);

    public int Number => Name is { } name ? SmallQueue.NumberOf(name) : 0;

    public bool MayAct(Instant now) => _contest.MayAct(now, FenceAt);

    public void Leave(Instant now) => Step(Input(now, RecipeInputKind.Leave));

    /// <summary>
    /// What is due, what has come, and what is answered, until nothing more happens. Without a connection only the first.
    /// </summary>
    public void Run(Instant now, bool isLinked = true)
    {
        if (!_hasBegun || _contest.DueAt(FenceAt) <= now)
            Step(Input(now, RecipeInputKind.Tick));
        _hasBegun = true;
        if (_isSuspended == isLinked)
        {
            _isSuspended = !isLinked;
            Step(Input(now, RecipeInputKind.State));
        }
        while (isLinked && !_contest.IsOver && (IsExpired || TryTakeEvent(now) || TryAnswer(now)))
            if (IsExpired)
                Step(Input(now, RecipeInputKind.State));
    }

    private SessionState State => _isSuspended ? SessionState.Suspended : IsExpired ? SessionState.Expired : SessionState.Connected;

    private RecipeInput Input(Instant now, RecipeInputKind kind) =>
        new() { Now = now, FenceAt = FenceAt, Session = _session, State = State, Kind = kind };

    private bool TryTakeEvent(Instant now)
    {
        if (!_removed.TryDequeue(out var name))
            return false;
        Step(Input(now, RecipeInputKind.Event) with { Event = WatchEvent.NodeDeleted, Bytes = Encoding.UTF8.GetBytes($"{Path}/{name}") });
        return true;
    }

    private bool TryAnswer(Instant now)
    {
        if (!_asked.TryDequeue(out var request))
            return false;
        var body = new Arena();
        var error = Serve(request.Op, request.Record, new(body));
        Step(Input(now, RecipeInputKind.Done) with { Ticket = request.Ticket, Fate = Fate.Answered, Error = error, Bytes = body.Written });
        return true;
    }

    private ErrorCode Serve(OpCode op, byte[] record, JuteWriter body)
    {
        var reader = new JuteReader(record);
        var path = Encoding.UTF8.GetString(reader.NonNull());
        var name = path[(path.LastIndexOf('/') + 1)..];
        switch (op)
        {
            case OpCode.Create:
                body.Buffer(Encoding.UTF8.GetBytes($"{Path}/{_queue.Create(name, _session.Value)}"));
                return ErrorCode.Ok;
            case OpCode.GetData when _queue.OwnerOf(name) is { } owner:
                body.Buffer([]);
                Stat(SmallQueue.NumberOf(name), owner).Write(body);
                return ErrorCode.Ok;
            case OpCode.GetChildren:
                var names = _queue.Names.ToArray();
                body.Int(names.Length);
                foreach (var other in names)
                    body.Buffer(Encoding.UTF8.GetBytes(other));
                return ErrorCode.Ok;
            case OpCode.Delete:
                return _queue.Remove(name) ? ErrorCode.Ok : ErrorCode.NoNode;
            case OpCode.Sync:
                return ErrorCode.Ok;
            default:
                return ErrorCode.NoNode;
        }
    }

    private static Stat Stat(int number, long owner) => new()
    {
        Czxid = new(number),
        Mzxid = new(number),
        Pzxid = new(number),
        EphemeralOwner = new(owner),
        Ctime = 0,
        Mtime = 0,
        Version = 0,
        Cversion = 0,
        Aversion = 0,
        DataLength = 0,
        NumChildren = 0,
    };

    private void Step(in RecipeInput input)
    {
        _contest.Step(input, _effects);
        for (var i = 0; i < _effects.Count; i++)
        {
            ref readonly var effect = ref _effects[i];
            if (effect.Kind == RecipeEffectKind.Request)
                _asked.Enqueue((effect.Ticket, effect.Op, _effects.Record(effect).ToArray()));
            else if (effect.Kind == RecipeEffectKind.Won)
                (IsInOffice, Token) = (true, (int)effect.Token.Value);
            else if (effect.Kind == RecipeEffectKind.Ended)
                IsInOffice = false;
        }
        _effects.Clear();
    }
}
