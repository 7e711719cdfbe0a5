using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Drawing;

/// <summary>Frames between members, and commands, in words.</summary>
internal static class PeerText
{
    private const int EntriesMost = 4;

    /// <summary>What a frame says, and in which layer of the picture it belongs.</summary>
    public static (Layer Layer, string Text) Of(ReadOnlySpan<byte> frame)
    {
        if (!PeerCodec.TryRead(frame, out var message))
            return (Layer.Introductions, string.Create(CultureInfo.InvariantCulture, $"{frame.Length} bytes that are no frame"));
        var (layer, words) = Read(message);
        return (layer, string.Create(CultureInfo.InvariantCulture, $"{words}\nin term {message.Term}, {frame.Length} bytes"));
    }

    /// <summary>A command in words.</summary>
    public static string Of(in Command command)
    {
        var what = command.Kind == CommandKind.Write ? RequestReader.Read(command.Op, command.Body).ToString() : command.Kind.ToString();
        return command.Session.Value == 0 ? what : $"{what} of session {command.Session}";
    }

    private static (Layer, string) Read(in PeerMessage message)
    {
        var body = message.Body;
        switch (message.Kind)
        {
            case PeerKind.PreVote or PeerKind.Vote:
                var ballot = Ballot.Read(body);
                return (Layer.Elections,
                    $"{(message.Kind == PeerKind.Vote ? "vote for me" : "would you vote for me")}, term {ballot.Term}\n"
                    + $"my log ends at {ballot.LastIndex}/{ballot.LastTerm}{(ballot.Forced ? "; the leader wants it" : "")}");
            case PeerKind.PreVoteAnswer or PeerKind.VoteAnswer:
                var answer = BallotAnswer.Read(body);
                var granted = (message.Kind, answer.Granted) switch
                {
                    (PeerKind.VoteAnswer, true) => "my vote",
                    (PeerKind.VoteAnswer, false) => "no vote",
                    (_, true) => "I would vote",
                    _ => "I would not vote",
                };
                return (Layer.Elections, $"{granted}, term {answer.Term}");
            case PeerKind.TimeoutNow:
                return (Layer.Elections, "stand for election now");
            case PeerKind.Append:
                return (Layer.Replication, Append(body));
            case PeerKind.AppendAnswer:
                return (Layer.Replication, Answer(FollowerAnswer.Read(body)));
            case PeerKind.Heartbeat:
                var beat = Heartbeat.Read(body);
                return (Layer.Heartbeats,
                    $"heartbeat, committed {beat.Commit}\nround {beat.Round}{(beat.Heard != 0 ? ", you are well again" : "")}");
            case PeerKind.HeartbeatAnswer:
                return (Layer.Heartbeats, "still here, " + Answer(FollowerAnswer.Read(body)));
            case PeerKind.Verdict:
                return (Layer.Introductions, $"a majority contradicts your log at {BinaryPrimitives.ReadUInt64LittleEndian(body)}: stop");
            case PeerKind.SnapshotChunk:
                return (Layer.Snapshots, Portion(body));
            case PeerKind.SnapshotAnswer:
                return (Layer.Snapshots, PortionAnswer(body));
            case PeerKind.Forward:
                return (Layer.Forwarding, Forward(body));
            case PeerKind.Refused:
                return (Layer.Forwarding, "not now: send it again");
            case PeerKind.Claim:
                return (Layer.Claims, Claim(body));
            case PeerKind.Confirmed:
                return (Layer.Claims, Confirmed(body));
            default:
                return (Layer.Introductions, "greeting");
        }
    }

    private static string Append(ReadOnlySpan<byte> body)
    {
        var reader = new AppendReader(body);
        var (head, text) = (reader.Head, new StringBuilder());
        var first = head.Previous.Index.Value + 1;
        text.Append(head.Count switch { 0 => "do our logs agree?", 1 => $"append {first}", var count => $"append {first} to {first + (ulong)count - 1}" });
        text.Append(CultureInfo.InvariantCulture,
            $"\nafter {head.Previous.Index}/{head.Previous.Term}, committed {head.Commit}, round {head.Round}");
        for (var i = 0; i < EntriesMost && reader.TryNext(out var entry); i++)
            text.Append(CultureInfo.InvariantCulture,
                $"\n{entry.Index}/{entry.Term}: {(CommandCodec.IsWhole(entry.Body) ? Of(CommandCodec.Read(entry.Body)) : "?")}");
        if (head.Count > EntriesMost)
            text.Append(CultureInfo.InvariantCulture, $"\nand {head.Count - EntriesMost} more");
        return text.ToString();
    }

    private static string Answer(in FollowerAnswer answer)
    {
        var text = new StringBuilder();
        if ((answer.Flags & AnswerFlags.Rejected) != 0)
            text.Append(CultureInfo.InvariantCulture, $"no match at {answer.Rejected}, try {answer.Hint.Index}/{answer.Hint.Term}\n");
        if ((answer.Flags & AnswerFlags.Contradicts) != 0)
            text.Append(CultureInfo.InvariantCulture, $"my log contradicts yours at {answer.Hint.Index}\n");
        text.Append(CultureInfo.InvariantCulture, $"flushed {answer.Matched}\nreceived {answer.Received}, round {answer.Round}");
        if ((answer.Flags & AnswerFlags.Full) != 0)
            text.Append("; no room for more");
        if (answer.Plea != 0)
            text.Append("; I may have lost what I acknowledged");
        return text.ToString();
    }

    private static string Portion(ReadOnlySpan<byte> body)
    {
        if (body.Length < 44)
            return "a portion of a snapshot";
        var fields = new FieldReader(body);
        var (number, position, bytes, offset) = (fields.ULong(), fields.Position(), fields.ULong(), fields.ULong());
        return $"snapshot {number} up to entry {position.Index}: bytes from {offset} of {bytes}";
    }

    private static string PortionAnswer(ReadOnlySpan<byte> body)
    {
        if (body.Length < 25)
            return "an answer to a portion of a snapshot";
        var fields = new FieldReader(body);
        var (number, wanted, _) = (fields.ULong(), fields.ULong(), fields.ULong());
        return fields.Byte() switch
        {
            1 => $"snapshot {number}: go on at {wanted}",
            2 => $"snapshot {number}: have it",
            _ => $"snapshot {number}: gave it up",
        };
    }

    private static string Forward(ReadOnlySpan<byte> body)
    {
        var commands = new List<string>();
        while (body.Length >= sizeof(int) && BinaryPrimitives.ReadInt32LittleEndian(body) is var length && length >= 0
            && length <= body.Length - sizeof(int))
        {
            var command = body.Slice(sizeof(int), length);
            commands.Add(CommandCodec.IsWhole(command) ? Of(CommandCodec.Read(command)) : "?");
            body = body[(sizeof(int) + length)..];
        }
        var more = commands.Count > EntriesMost ? $"\nand {commands.Count - EntriesMost} more" : "";
        return $"forward {string.Join('\n', commands.Take(EntriesMost))}{more}";
    }

    private static string Claim(ReadOnlySpan<byte> body)
    {
        var claims = new List<Claim>();
        return Claims.TryRead(body, out var number, claims)
            ? $"claim {Ordinal(number)}: heard from {(claims.Count == 0 ? "nobody" : string.Join(", ", claims.Take(EntriesMost).Select(static claim => claim.Session)))}"
            : "a claim";
    }

    private static string Confirmed(ReadOnlySpan<byte> body)
    {
        var refused = new List<Kernel.Ground.SessionId>();
        return Claims.TryReadAnswer(body, out var number, out var applied, refused)
            ? $"claim {Ordinal(number)} confirmed\nonce {applied} is applied{(refused.Count == 0 ? "" : $", not for {string.Join(", ", refused)}")}"
            : "a confirmation";
    }

    /// <summary>What is counted within one life of a member; the life stands above it.</summary>
    private static ulong Ordinal(ulong number) => number & ((1UL << 40) - 1);
}
