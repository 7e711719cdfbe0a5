using System.Text;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Recipes;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Recipes;

/// <summary>
/// Contests in front of a little tree, where answers and events come in any order, events twice, and connections break at any moment. What
/// is carried out is carried out in order; that is all they can rely on.
/// </summary>
internal sealed class Crowd
{
    private readonly SortedDictionary<string, (long Owner, long Czxid)> _tree = new(StringComparer.Ordinal);
    private readonly Dice _dice;
    private readonly Person[] _people;
    private int _counter = int.MaxValue - 4;   // wraps soon
    private long _zxid;

    public Crowd(Discipline[] disciplines, ulong seed)
    {
        _dice = new(seed);
        _people = new Person[disciplines.Length];
        for (var i = 0; i < disciplines.Length; i++)
            _people[i] = new(this, i + 1, disciplines[i], _dice.Next());
    }

    public IReadOnlyList<Person> People => _people;

    /// <summary>One thing happens to somebody; false when nothing was left to happen.</summary>
    public bool Step(bool withBreaks)
    {
        var busy = Array.FindAll(_people, static person => person.IsBusy);
        if (busy.Length == 0)
            return false;
        var person = busy[(int)_dice.Below((ulong)busy.Length)];
        if (withBreaks && _dice.Below(20) == 0)
            person.Break();
        else
            person.Proceed();
        return true;
    }

    /// <summary>Somebody deletes whatever stands somewhere in the queue.</summary>
    public void DeleteAny()
    {
        if (_tree.Count > 0)
            Delete(_tree.Keys.ElementAt((int)_dice.Below((ulong)_tree.Count)));
    }

    private ErrorCode Delete(string path)
    {
        if (!_tree.Remove(path))
            return ErrorCode.NoNode;
        foreach (var person in _people)
            person.SeeDeleted(path);
        return ErrorCode.Ok;
    }

    /// <summary>One contest, its session's line to the service, and what is on its way back.</summary>
    internal sealed class Person
    {
        private readonly Crowd _crowd;
        private readonly long _session;
        private readonly RecipeEffects _effects = new();
        private readonly Queue<(ulong Ticket, OpCode Op, byte[] Record)> _asked = new();
        private readonly List<Letter> _mail = [];
        private readonly HashSet<string> _watched = [];
        private readonly HashSet<ulong> _writes = [];

        public Person(Crowd crowd, long session, Discipline discipline, ulong seed)
        {
            (_crowd, _session) = (crowd, session);
            Contest = new(new() { Path = "/q"u8.ToArray(), Discipline = discipline }, seed);
            Step(Input(RecipeInputKind.Tick));
        }

        private sealed record Letter(RecipeInputKind Kind, ulong Ticket, Fate Fate, ErrorCode Error, byte[] Bytes);

        public Contest Contest { get; }

        public bool IsBusy => _asked.Count + _mail.Count > 0;

        public bool MayAct => Contest.MayAct(default, Instant.Never);

        public int Wins { get; private set; }

        public void Leave() => Step(Input(RecipeInputKind.Leave));

        public void SeeDeleted(string path)
        {
            if (!_watched.Remove(path))
                return;
            for (var times = 1 + (int)_crowd._dice.Below(2); times > 0; times--)
                _mail.Add(new(RecipeInputKind.Event, 0, default, default, Encoding.UTF8.GetBytes(path)));
        }

        /// <summary>The oldest request is carried out, or something that is on its way back arrives.</summary>
        public void Proceed()
        {
            if (_asked.Count > 0 && (_mail.Count == 0 || _crowd._dice.Below(2) == 0))
            {
                var (ticket, op, record) = _asked.Dequeue();
                var (error, body) = Carry(op, record);
                _mail.Add(new(RecipeInputKind.Done, ticket, Fate.Answered, error, body));
                return;
            }
            var at = (int)_crowd._dice.Below((ulong)_mail.Count);
            var letter = _mail[at];
            _mail.RemoveAt(at);
            Feed(letter);
        }

        /// <summary>Some of what was asked is carried out, the rest is not, and no answer is ever told.</summary>
        public void Break()
        {
            var lost = _asked.ToArray();
            _asked.Clear();
            var carried = (int)_crowd._dice.Below((ulong)lost.Length + 1);
            var answered = _mail.FindAll(static letter => letter.Kind == RecipeInputKind.Done);
            _mail.RemoveAll(static letter => letter.Kind == RecipeInputKind.Done);
            foreach (var letter in answered)
                Feed(letter with { Fate = _writes.Contains(letter.Ticket) ? Fate.Unknown : Fate.Lost, Error = ErrorCode.ConnectionLoss });
            for (var i = 0; i < lost.Length; i++)
            {
                if (i < carried)
                    Carry(lost[i].Op, lost[i].Record);
                Feed(new(RecipeInputKind.Done, lost[i].Ticket, Changes(lost[i].Op) ? Fate.Unknown : Fate.Lost, ErrorCode.ConnectionLoss, []));
            }
        }

        private static bool Changes(OpCode op) => op is OpCode.Create or OpCode.CreateContainer or OpCode.Delete;

        private RecipeInput Input(RecipeInputKind kind) =>
            new() { Now = default, FenceAt = Instant.Never, Session = new(_session), State = SessionState.Connected, Kind = kind };

        private void Feed(Letter letter) => Step(Input(letter.Kind) with
        {
            Ticket = letter.Ticket,
            Fate = letter.Fate,
            Error = letter.Error,
            Event = WatchEvent.NodeDeleted,
            Bytes = letter.Bytes,
        });

        private void Step(in RecipeInput input)
        {
            Contest.Step(input, _effects);
            for (var i = 0; i < _effects.Count; i++)
            {
                if (_effects[i].Kind == RecipeEffectKind.Won)
                    Wins++;
                if (_effects[i].Kind != RecipeEffectKind.Request)
                    continue;
                if (Changes(_effects[i].Op))
                    _writes.Add(_effects[i].Ticket);
                _asked.Enqueue((_effects[i].Ticket, _effects[i].Op, _effects.Record(_effects[i]).ToArray()));
            }
            _effects.Clear();
        }

        private (ErrorCode Error, byte[] Body) Carry(OpCode op, byte[] record)
        {
            var reader = new JuteReader(record);
            var path = Encoding.UTF8.GetString(reader.NonNull());
            var arena = new Arena();
            var writer = new JuteWriter(arena);
            switch (op)
            {
                case OpCode.Create:
                    var number = _crowd._counter;
                    _crowd._counter = unchecked(number + 1);
                    path += number.ToString(number < 0 ? "D9" : "D10", System.Globalization.CultureInfo.InvariantCulture);
                    _crowd._tree.Add(path, (_session, ++_crowd._zxid));
                    writer.Buffer(Encoding.UTF8.GetBytes(path));
                    return (ErrorCode.Ok, arena.Written.ToArray());
                case OpCode.Delete:
                    return (_crowd.Delete(path), []);
                case OpCode.GetChildren:
                    writer.Int(_crowd._tree.Count);
                    foreach (var name in _crowd._tree.Keys)
                        writer.Buffer(Encoding.UTF8.GetBytes(name[3..]));
                    return (ErrorCode.Ok, arena.Written.ToArray());
                case OpCode.GetData when !_crowd._tree.TryGetValue(path, out _):
                    return (ErrorCode.NoNode, []);
                case OpCode.GetData:
                    _watched.Add(path);
                    writer.Buffer(default);
                    writer.Long(_crowd._tree[path].Czxid);
                    writer.Raw(new byte[36]);
                    writer.Long(_crowd._tree[path].Owner);
                    writer.Raw(new byte[16]);
                    return (ErrorCode.Ok, arena.Written.ToArray());
                default:
                    return (ErrorCode.Ok, []);
            }
        }
    }
}
