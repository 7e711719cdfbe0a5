using System.Text;
using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Storage;
using Quorate.Tests.Consensus;

namespace Quorate.Tests.Scripts;

/// <summary>The commands of a script about whole servers: with clients, with what is really on the disk, and with snapshots.</summary>
/// <remarks>
/// Time stands still but for wait and run, frames move only by deliver, double, settle and run, and a disk ends its requests only by disk, settle
/// and run. What the reading of a disk and the making of a session say is not told.
/// </remarks>
internal sealed class ServerScript : Script
{
    private ServerWorld _world = null!;

    protected override void Obey(string verb, string[] words)
    {
        if (verb is "create" or "set" or "flood" or "get" or "sync")
            Ask(verb, _world.Client(words[0]), words[1..]);
        else if (verb is "kill" or "crash" or "restart" or "rot" or "suspend" or "resume" or "snapshot" or "transfer")
            Do(verb, Number(words[0]), words[1..]);
        else
            Direct(verb, words);
    }

    /// <summary>What a client asks.</summary>
    private void Ask(string verb, ServerClient client, string[] words)
    {
        switch (verb)
        {
            case "create":
                client.Create(words[0], Data(words[1..]));
                break;
            case "set":
                client.Set(words[0], Data(words[1..]));
                break;
            case "flood":
                for (var i = 1; i <= Number(words[1]); i++)
                    Quietly(() => { client.Set(words[0], $"{i}"); _world.Settle(); });
                break;
            case "get":
                client.Get(words[0]);
                break;
            default:
                client.Sync();
                break;
        }
    }

    /// <summary>What an operator or a misfortune does to a member.</summary>
    private void Do(string verb, int id, string[] words)
    {
        switch (verb)
        {
            case "kill":
                _world.End(id, keeps: null);
                break;
            case "crash":
                var kept = NumberOf("keep", words, 0);
                _world.End(id, () => kept-- > 0);
                break;
            case "restart":
                _world.Restart(id);
                break;
            case "suspend":
                _world.Suspend(id);
                break;
            case "resume":
                _world.Resume(id, stoodStill: words.Contains("still"));
                break;
            case "rot":
                Rot(_world[id], words[0]);
                break;
            default:
                _world[id].Step(InputKind.Operator, (ulong)(verb == "snapshot" ? OperatorRequest.Snapshot : OperatorRequest.TransferLeadership), default);
                break;
        }
    }

    /// <summary>What time, links and disks do.</summary>
    private void Direct(string verb, string[] words)
    {
        switch (verb)
        {
            case "servers":
                Quietly(() => Begin(words));
                break;
            case "elect":
                Quietly(() => _world.Elect(Number(words[0])));
                break;
            case "hurry":
                _world.Hurry(Number(words[0]));
                break;
            case "client":
                Quietly(() => _world.Connect(words[0], Number(words[2])));
                break;
            case "deliver" or "double":
                foreach (var flight in _world.Flights.Where(flight => IsOn(flight, words)).ToArray())
                    for (var times = verb == "double" ? 2 : 1; times > 0; times--)
                        _world.Deliver(flight);
                break;
            case "drop":
                _world.Flights.RemoveAll(flight => IsOn(flight, words));
                break;
            case "disk":
                Disk(_world[Number(words[0])]);
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
                _world.Wait(Span(words[0]));
                break;
            case "run":
                _world.Run(Span(words[0]));
                break;
            case "isolate":
                _world.Isolate(Number(words[0]));
                break;
            case "heal":
                _world.Heal();
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
            FrameBytes = 1024,
            IdentityBytes = 256,
            LogRingBytes = 64 << 10,
            LogRingEntries = NumberOf("ring", words, 256),
            PeerFrameBytes = NumberOf("frame", words, 64 << 10),
        };
        var settings = new Settings { SegmentBytes = NumberOf("segment", words, 1 << 20) };
        _world = new(Number(words[0]), NumberOf("observers", words, 0), settings, limits, Tell, Tell);
    }

    private void Disk(ServerMember member)
    {
        if (member.Disk.Waiting == 0)
        {
            Tell(member.Id, "idle");
            return;
        }
        var (kind, file) = (member.Disk.Next.Kind, member.Disk.Next.Place.File);
        Tell(member.Id, $"disk {kind.ToString()["Disk".Length..].ToLowerInvariant()} {file.Kind.ToString().ToLowerInvariant()}");
        member.FinishDisk();
    }

    /// <summary>One bit turns over in the journal's record of an entry that holds a text.</summary>
    private static void Rot(ServerMember member, string text)
    {
        foreach (var (kind, number) in member.Disk.Files.Where(file => file.Kind == DiskFileKind.Journal))
        {
            var bytes = member.Disk[kind, number];
            var at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text));
            if (at < 0)
                continue;
            bytes[at] ^= 1;
            member.Disk[kind, number] = bytes;
            return;
        }
        Assert.Fail($"the journal of member {member.Id} holds no {text}");
    }

    private static string State(ServerMember member)
    {
        if (!member.IsUp)
            return $"{member.Id} down";
        var (server, machine) = (member.Server, member.Server.Machine);
        return $"{member.Id} {member.Role.ToString().ToLowerInvariant()} {server.State.ToString().ToLowerInvariant()} term={server.Term} leader={member.Leader} "
            + $"applied={machine.AppliedTerm}/{machine.AppliedIndex} zxid={machine.Zxid.Epoch}/{machine.Zxid.Counter}";
    }

    /// <summary>The data that words ask for: a text, or with *n that many of its last letter behind it.</summary>
    private static string Data(string[] words) => words switch
    {
        [] => "",
        [var text] => text,
        [var text, var times] => text + new string(text[^1], Number(times.TrimStart('*'))),
        _ => throw new ArgumentException("data is one word, and *n behind it to make it longer"),
    };

    private static bool IsOn(Flight flight, string[] way) =>
        way.Length == 0 || (flight.From.Value == Number(way[0]) && (way.Length == 1 || flight.To.Value == Number(way[1])));
}
