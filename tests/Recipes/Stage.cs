using System.Text;
using System.Text.RegularExpressions;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Recipes;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Recipes;

/// <summary>
/// A contest whose service is played by the test: every answer and every moment is the test's. Its own prefix is shown as ~.
/// </summary>
internal sealed partial class Stage
{
    public const string Queue = "/q";

    private readonly RecipeEffects _effects = new();
    private readonly List<(ulong Ticket, OpCode Op)> _asked = [];
    private readonly List<string> _said = [];
    private string _prefix = "";

    public Stage(Discipline? discipline = null, Instant? waitUntil = null, string path = Queue)
    {
        Contest = new(new()
        {
            Path = Bytes(path),
            Discipline = discipline ?? Discipline.Lock(),
            Data = "me"u8.ToArray(),
            WaitUntil = waitUntil ?? Instant.Never,
        }, seed: 1);
        Tick();
    }

    public Contest Contest { get; }

    public Instant Now { get; private set; } = At(100);

    public Instant FenceAt { get; set; } = At(110);

    public SessionId Session { get; } = new(0x51);

    public SessionState State { get; private set; } = SessionState.Connected;

    public bool MayAct => Contest.MayAct(Now, FenceAt);

    public static Instant At(double seconds) => new((long)(seconds * TimeSpan.TicksPerSecond));

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>What the contest asked and told since the last look.</summary>
    public string Said()
    {
        var said = string.Join("; ", _said);
        _said.Clear();
        return said;
    }

    public Stage Tick() => Step(Input(RecipeInputKind.Tick));

    public Stage Advance(double seconds)
    {
        Now += TimeSpan.FromSeconds(seconds);
        return Tick();
    }

    public Stage Leave() => Step(Input(RecipeInputKind.Leave));

    public Stage Become(SessionState state)
    {
        State = state;
        return Step(Input(RecipeInputKind.State));
    }

    public Stage Event(string name, WatchEvent what = WatchEvent.NodeDeleted) => Step(Input(RecipeInputKind.Event) with
    {
        Event = what,
        Bytes = Bytes($"{Queue}/{Whole(name)}"),
    });

    /// <summary>Answers the oldest request of a kind.</summary>
    public Stage Answer(OpCode op, ErrorCode error = ErrorCode.Ok, Action<JuteWriter>? body = null) => Done(op, Fate.Answered, error, body);

    public Stage Done(OpCode op, Fate fate, ErrorCode error, Action<JuteWriter>? body = null)
    {
        var at = _asked.FindIndex(asked => asked.Op == op);
        Assert.True(at >= 0, $"{op} was not asked for.");
        var ticket = _asked[at].Ticket;
        _asked.RemoveAt(at);
        var arena = new Arena();
        body?.Invoke(new(arena));
        return Step(Input(RecipeInputKind.Done) with { Ticket = ticket, Fate = fate, Error = error, Bytes = arena.Written });
    }

    public Stage Created(string name) => Answer(OpCode.Create, ErrorCode.Ok, writer => writer.Buffer(Bytes($"{Queue}/{Whole(name)}")));

    /// <summary>Answers the read of a znode.</summary>
    public Stage Read(long czxid, long? owner = null) => Answer(OpCode.GetData, ErrorCode.Ok, writer =>
    {
        writer.Buffer("me"u8);
        new Stat
        {
            Czxid = new(czxid),
            Mzxid = new(czxid),
            Ctime = 0,
            Mtime = 0,
            Version = 0,
            Cversion = 0,
            Aversion = 0,
            EphemeralOwner = new(owner ?? Session.Value),
            DataLength = 2,
            NumChildren = 0,
            Pzxid = new(czxid),
        }.Write(writer);
    });

    public Stage Listed(params string[] names) => Answer(OpCode.GetChildren, ErrorCode.Ok, writer =>
    {
        writer.Int(names.Length);
        foreach (var name in names)
            writer.Buffer(Bytes(Whole(name)));
    });

    /// <summary>The connection breaks: what was sent is not answered.</summary>
    public Stage Break()
    {
        Become(SessionState.Suspended);
        foreach (var (_, op) in _asked.ToArray())
            Done(op, op is OpCode.Create or OpCode.Delete ? Fate.Unknown : Fate.Lost, ErrorCode.ConnectionLoss);
        return this;
    }

    /// <summary>A contest in office, with the token 0x77.</summary>
    public static Stage InOffice()
    {
        var stage = new Stage();
        stage.Created("~lock-0000000003").Read(0x77).Listed("~lock-0000000003");
        Assert.EndsWith("Won 0x77", stage.Said());
        return stage;
    }

    /// <summary>A contest that waits behind _c_other-lock-0000000002.</summary>
    public static Stage Waiting(Instant? waitUntil = null)
    {
        var stage = new Stage(waitUntil: waitUntil);
        stage.Created("~lock-0000000003").Read(0x77).Listed("other-lock-0000000002", "~lock-0000000003").Read(0x66, owner: 5);
        stage.Said();
        return stage;
    }

    private string Whole(string name) => name.Replace("~", _prefix, StringComparison.Ordinal);

    private RecipeInput Input(RecipeInputKind kind) =>
        new() { Now = Now, FenceAt = FenceAt, Session = Session, State = State, Kind = kind };

    private Stage Step(in RecipeInput input)
    {
        Contest.Step(input, _effects);
        for (var i = 0; i < _effects.Count; i++)
            Note(_effects[i]);
        _effects.Clear();
        return this;
    }

    private void Note(in RecipeEffect effect)
    {
        switch (effect.Kind)
        {
            case RecipeEffectKind.Request:
                _asked.Add((effect.Ticket, effect.Op));
                var reader = new JuteReader(_effects.Record(effect));
                var path = Encoding.UTF8.GetString(reader.NonNull());
                if (effect.Op == OpCode.Create && Prefix().Match(path) is { Success: true } match)
                    _prefix = match.Value;
                _said.Add($"{effect.Op} {(_prefix.Length > 0 ? path.Replace(_prefix, "~", StringComparison.Ordinal) : path)}");
                break;
            case RecipeEffectKind.Won:
                _said.Add($"Won {effect.Token}");
                break;
            case RecipeEffectKind.Ended:
                _said.Add(effect.Error == ErrorCode.Ok ? $"Ended {effect.Reason}" : $"Ended {effect.Reason} {effect.Error}");
                break;
            case RecipeEffectKind.Left:
                _said.Add(effect.Error == ErrorCode.Ok ? "Left" : $"Left {effect.Error}");
                break;
        }
    }

    [GeneratedRegex("_c_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}-|[0-9a-f]{32}(?=__)")]
    private static partial Regex Prefix();
}
