using System.Buffers.Binary;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Consensus;

/// <summary>Says in words what an entry asks for.</summary>
internal delegate string EntryText(ReadOnlySpan<byte> body);

/// <summary>A frame between members in words.</summary>
internal static class FrameText
{
    public static string Of(byte[] frame) => Of(frame, RaftMember.Text);

    public static string Of(byte[] frame, EntryText entry)
    {
        if (!PeerCodec.TryRead(frame, out var message))
            return "?";
        var text = message.Kind switch
        {
            PeerKind.PreVote or PeerKind.Vote => Of(Ballot.Read(message.Body)),
            PeerKind.PreVoteAnswer or PeerKind.VoteAnswer => BallotAnswer.Read(message.Body) is { Granted: true } ? " granted" : " refused",
            PeerKind.Append or PeerKind.Lent => OfAppend(message.Body, entry),
            PeerKind.Heartbeat => Heartbeat.Read(message.Body) is var beat ? $"{(beat.IsBeat ? "" : " only")} commit={beat.Commit}{Round(beat.Round)}{(beat.Heard != 0 ? " whole" : "")}" : "",
            PeerKind.AppendAnswer or PeerKind.HeartbeatAnswer => Of(FollowerAnswer.Read(message.Body)),
            PeerKind.Borrow => Loan.Read(message.Body) is var loan ? $" last={loan.Last.Term}/{loan.Last.Index} mark={loan.Mark.Term}/{loan.Mark.Index}" : "",
            PeerKind.Forward => OfForward(message.Body, entry),
            PeerKind.SnapshotChunk => OfPortion(message.Body),
            PeerKind.SnapshotAnswer => OfPortionAnswer(message.Body),
            PeerKind.Confirmed => OfConfirmed(message.Body),
            _ => "",
        };
        return $"{message.Kind.ToString().ToLowerInvariant()} term={message.Term}{text}";
    }

    private static string Of(in Ballot ballot) =>
        $" for={ballot.Term} last={ballot.LastTerm}/{ballot.LastIndex}{(ballot.Forced ? " forced" : "")}";

    private static string OfAppend(ReadOnlySpan<byte> body, EntryText text)
    {
        var reader = new AppendReader(body);
        var entries = new List<string>();
        while (reader.TryNext(out var entry))
            entries.Add($"{entry.Term}:{text(entry.Body)}");
        if (entries.Count > 6)
            entries = [entries[0], "..", entries[^1]];
        var head = reader.Head;
        return $" prev={head.Previous.Term}/{head.Previous.Index} [{string.Join(' ', entries)}] commit={head.Commit}{Round(head.Round)}";
    }

    private static string Of(in FollowerAnswer answer)
    {
        var text = $" matched={answer.Matched}";
        if (answer.Received != answer.Matched)
            text += $" received={answer.Received}";
        if ((answer.Flags & AnswerFlags.Rejected) != 0)
            text += $" rejected={answer.Rejected} hint={answer.Hint.Term}/{answer.Hint.Index}";
        if ((answer.Flags & AnswerFlags.Full) != 0)
            text += " full";
        if ((answer.Flags & AnswerFlags.Contradicts) != 0)
            text += $" contradicts={answer.Hint.Term}/{answer.Hint.Index}";
        if (answer.Plea != 0)
            text += " convalescent";
        return text + Round(answer.Round);
    }

    private static string OfForward(ReadOnlySpan<byte> body, EntryText text)
    {
        var commands = new List<string>();
        for (int length; !body.IsEmpty; body = body[(sizeof(int) + length)..])
        {
            length = BinaryPrimitives.ReadInt32LittleEndian(body);
            commands.Add(text(body.Slice(sizeof(int), length)));
        }
        return $" [{string.Join(' ', commands)}]";
    }

    private static string OfPortion(ReadOnlySpan<byte> body)
    {
        var fields = new FieldReader(body);
        var (number, position, bytes, offset) = (fields.ULong(), fields.Position(), fields.ULong(), fields.ULong());
        return $" snapshot={number} upto={position.Term}/{position.Index} from={offset} of={bytes}";
    }

    private static string OfPortionAnswer(ReadOnlySpan<byte> body)
    {
        var fields = new FieldReader(body);
        var (number, wanted, _) = (fields.ULong(), fields.ULong(), fields.ULong());
        return $" snapshot={number} {fields.Byte() switch { 1 => $"wanted={wanted}", 2 => "done", _ => "abandoned" }}";
    }

    private static string OfConfirmed(ReadOnlySpan<byte> body) =>
        Claims.TryReadAnswer(body, out _, out var applied, []) ? $" applied={applied}" : "";

    private static string Round(ulong round) => round == 0 ? "" : $" round={round}";
}
