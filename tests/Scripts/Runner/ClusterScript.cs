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
internal sealed class ClusterScript : Script
{
    private RaftWorld _world = null!;

    protected override void Obey(string verb, string[] words)
    {
        switch (verb)
        {
            case "members":
                Begin(words);
                break;
            case "elect":
                Quietly(() => _world.Elect(Number(words[0])));
                break;
            case "stand":
                _world.Stand(Number(words[0]));
                break;
            case "propose":
                if (!Propose(_world[Number(words[0])], words[1..]))
                    Tell("refused");
                break;
            case "flood":
                for (var i = 0; i < Number(words[1]); i++)
                    Quietly(() => { Propose(_world[Number(words[0])], [$"{i}"]); _world.Settle(); });
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
            case "disk" when _world[Number(words[0])] is { DiskWaiting: > 0 } busy:
                busy.FinishDisk();
                break;
            case "disk":
                Tell("idle");
                break;
            case "slow" or "fast":
                foreach (var member in words.Select(word => _world[Number(word)]))
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
                _world.Cut(Number(words[0]), Number(words[1]));
                break;
            case "oneway":
                _world.CutOneWay(Number(words[0]), Number(words[1]));
                break;
            case "hold":
                _world.Hold(Number(words[0]), Number(words[1]));
                break;
            case "isolate":
                _world.Isolate(Number(words[0]));
                break;
            case "heal":
                _world.Heal();
                break;
            case "stop":
                _world.Stop(Number(words[0]), linksClose: words.Length > 1);
                break;
            case "restart":
                _world.Start(Number(words[0]));
                break;
            case "join":
                // Empty, and told by a leader which ensemble there is.
                Quietly(() => _world.Start(Number(words[0]), founding: _world[Number(words[1])].Raft.AppliedMembership));
                break;
            case "guest":
                var host = _world[Number(words[0])];
                host.Step(() => host.Raft.Linked(new((byte)Number(words[1])), up: true, host.Now));
                host.Step(() => host.Raft.Welcome(RaftWorld.Someone(Number(words[1])), host.Now));
                break;
            case "link":
                var (one, other) = (_world[Number(words[0])], new ServerId((byte)Number(words[1])));
                one.Step(() => one.Raft.Linked(other, words[2] == "up", one.Now));
                break;
            case "transfer":
                var old = _world[Number(words[0])];
                old.Step(() => old.Raft.Transfer(old.Now));
                break;
            case "confirm":
                var asked = _world[Number(words[0])];
                asked.Step(() => Tell($"round {asked.Raft.Confirm()}"));
                break;
            case "journal":
                _world[Number(words[0])].SendFromJournal();
                break;
            case "state":
                foreach (var member in _world.All)
                    Tell(State(member));
                break;
            default:
                throw new ArgumentException($"{verb} is no command");
        }
    }

    private void Begin(string[] words)
    {
        var limits = new Limits
        {
            FrameBytes = 100,
            IdentityBytes = 0,
            LogRingBytes = 64 << 10,
            LogRingEntries = NumberOf("ring", words, 256),
            InflightFrames = NumberOf("window", words, 8),
            PeerFrameBytes = NumberOf("frame", words, 64 << 10),
        };
        _world = new(Number(words[0]), NumberOf("observers", words, 0), limits: limits) { Told = Tell };
    }

    private static bool Propose(RaftMember member, string[] words)
    {
        if (words[0] != "voters")
            return member.Propose(string.Join(' ', words));
        var observers = Array.IndexOf(words, "observers");
        var voters = words[1..(observers < 0 ? words.Length : observers)].Select(word => RaftWorld.Someone(Number(word))).ToArray();
        var others = observers < 0 ? [] : words[(observers + 1)..].Select(word => RaftWorld.Someone(Number(word))).ToArray();
        return member.Propose(member.Raft.Membership.Towards(new(voters, others)));
    }

    private static string State(RaftMember member)
    {
        var raft = member.Raft;
        var log = raft.Log.Last.Value > 20 ? $"..{raft.Log.Last}" : member.LogText();
        return $"{member.Id} {raft.Role.ToString().ToLowerInvariant()} term={raft.Term} leader={raft.Leader} log={log} " +
            $"committed={raft.Committed}{(raft.Role == Role.Leader ? $" confirmed={raft.ConfirmedRound}" : "")}";
    }

    private static bool IsOn(Flight flight, string[] way) => flight.From.Value == Number(way[0]) && (way.Length == 1 || flight.To.Value == Number(way[1]));
}
