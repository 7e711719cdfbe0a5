using System.Globalization;
using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Tests.Consensus;

namespace Quorate.Tests.Scripts;

/// <summary>The commands of a script about several members that are consensus and nothing else.</summary>
/// <remarks>
/// Time stands still but for wait and run, frames move only by deliver, settle and run, and a disk ends its requests only by disk, settle and
/// run: so a script shows what may leave before what.
/// </remarks>
internal sealed class ClusterScript
{
    private readonly List<string> _told = [];
    private RaftWorld _world = null!;

    public IEnumerable<string> Obey(string line)
    {
        _told.Clear();
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Obey(words[0], words[1..]);
        return [.. _told];
    }

    /// <summary>Takes a line; what is committed in one go is one line.</summary>
    private void Tell(ServerId id, string text)
    {
        var beginning = $"{id} committed ";
        if (text.StartsWith("committed ", StringComparison.Ordinal) && _told.Count > 0 && _told[^1].StartsWith(beginning, StringComparison.Ordinal))
            _told[^1] = $"{beginning}{_told[^1][beginning.Length..].Split(' ')[0]} to {text["committed ".Length..]}";
        else
            _told.Add($"{id} {text}");
    }

    private void Obey(string verb, string[] words)
    {
        switch (verb)
        {
            case "members":
                Begin(words);
                break;
            case "elect":
                Quietly(() => _world.Elect(Id(words[0])));
                break;
            case "stand":
                _world.Stand(Id(words[0]));
                break;
            case "propose":
                if (!Propose(_world[Id(words[0])], words[1..]))
                    _told.Add("refused");
                break;
            case "flood":
                for (var i = 0; i < Id(words[1]); i++)
                    Quietly(() => { Propose(_world[Id(words[0])], [$"{i}"]); _world.Settle(); });
                break;
            case "deliver" when words.Length > 0:
                foreach (var flight in _world.Flights.Where(flight => IsOn(flight, words)).ToArray())
                    _world.Deliver(flight);
                break;
            case "deliver":
                _world.DeliverOnce();
                break;
            case "drop":
                _world.Flights.RemoveAll(flight => IsOn(flight, words));
                break;
            case "disk" when _world[Id(words[0])] is { DiskWaiting: > 0 } busy:
                busy.FinishDisk();
                break;
            case "disk":
                _told.Add("idle");
                break;
            case "slow" or "fast":
                foreach (var member in words.Select(word => _world[Id(word)]))
                    member.IsDiskSlow = verb == "slow";
                break;
            case "settle":
                _world.Settle();
                break;
            case "quietly":
                Quietly(() => Obey(words[0], words[1..]));
                break;
            case "wait":
                _world.Pass(Span(words[0]));
                _world.Tick();
                break;
            case "run":
                _world.Run(Span(words[0]));
                break;
            case "cut":
                _world.Cut(Id(words[0]), Id(words[1]));
                break;
            case "oneway":
                _world.CutOneWay(Id(words[0]), Id(words[1]));
                break;
            case "isolate":
                _world.Isolate(Id(words[0]));
                break;
            case "heal":
                _world.Heal();
                break;
            case "stop":
                _world.Stop(Id(words[0]), linksClose: words.Length > 1);
                break;
            case "restart":
                _world.Start(Id(words[0]));
                break;
            case "join":
                // Empty, and told by a leader which ensemble there is.
                Quietly(() => _world.Start(Id(words[0]), founding: _world[Id(words[1])].Raft.AppliedMembership));
                break;
            case "guest":
                var host = _world[Id(words[0])];
                host.Step(() => host.Raft.Linked(new((byte)Id(words[1])), up: true, host.Now));
                host.Step(() => host.Raft.Welcome(RaftWorld.Someone(Id(words[1])), host.Now));
                break;
            case "link":
                var (one, other) = (_world[Id(words[0])], new ServerId((byte)Id(words[1])));
                one.Step(() => one.Raft.Linked(other, words[2] == "up", one.Now));
                break;
            case "transfer":
                var old = _world[Id(words[0])];
                old.Step(() => old.Raft.Transfer(old.Now));
                break;
            case "confirm":
                var asked = _world[Id(words[0])];
                asked.Step(() => _told.Add($"round {asked.Raft.Confirm()}"));
                break;
            case "journal":
                _world[Id(words[0])].SendFromJournal();
                break;
            case "state":
                _told.AddRange(_world.All.Select(State));
                break;
            default:
                throw new ArgumentException($"{verb} is no command");
        }
    }

    private void Begin(string[] words)
    {
        int Number(string name, int otherwise) =>
            words.FirstOrDefault(word => word.StartsWith(name + "=", StringComparison.Ordinal)) is { } word ? Id(word[(name.Length + 1)..]) : otherwise;

        var limits = new Limits
        {
            FrameBytes = 100,
            IdentityBytes = 0,
            LogRingBytes = 64 << 10,
            LogRingEntries = Number("ring", 256),
            InflightFrames = Number("window", 8),
            PeerFrameBytes = Number("frame", 64 << 10),
        };
        _world = new(Id(words[0]), Number("observers", 0), limits: limits) { Told = Tell };
    }

    private static bool Propose(RaftMember member, string[] words)
    {
        if (words[0] != "voters")
            return member.Propose(string.Join(' ', words));
        var observers = Array.IndexOf(words, "observers");
        var voters = words[1..(observers < 0 ? words.Length : observers)].Select(word => RaftWorld.Someone(Id(word))).ToArray();
        var others = observers < 0 ? [] : words[(observers + 1)..].Select(word => RaftWorld.Someone(Id(word))).ToArray();
        return member.Propose(member.Raft.Membership.Towards(new(voters, others)));
    }

    private void Quietly(Action act)
    {
        act();
        _told.Clear();
    }

    private static string State(RaftMember member)
    {
        var raft = member.Raft;
        var log = raft.Log.Last.Value > 20 ? $"..{raft.Log.Last}" : member.LogText();
        return $"{member.Id} {raft.Role.ToString().ToLowerInvariant()} term={raft.Term} leader={raft.Leader} log={log} " +
            $"committed={raft.Committed}{(raft.Role == Role.Leader ? $" confirmed={raft.ConfirmedRound}" : "")}";
    }

    private static bool IsOn(Flight flight, string[] way) => flight.From.Value == Id(way[0]) && (way.Length == 1 || flight.To.Value == Id(way[1]));

    private static int Id(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    private static TimeSpan Span(string word) => TimeSpan.FromMilliseconds(Id(word.Replace("ms", "", StringComparison.Ordinal)));
}
