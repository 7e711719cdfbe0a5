using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Consensus;

/// <summary>A frame between members in words.</summary>
internal static class FrameText
{
    public static string Of(byte[] frame)
    {
        if (!PeerCodec.TryRead(frame, out var message))
            return "?";
        var text = message.Kind switch
        {
            PeerKind.PreVote or PeerKind.Vote => Of(Ballot.Read(message.Body)),
            PeerKind.PreVoteAnswer or PeerKind.VoteAnswer => BallotAnswer.Read(message.Body) is { Granted: true } ? " granted" : " refused",
            PeerKind.Append or PeerKind.Lent => OfAppend(message.Body),
            PeerKind.Heartbeat => Heartbeat.Read(message.Body) is var beat ? $"{(beat.IsBeat ? "" : " only")} commit={beat.Commit}{Round(beat.Round)}{(beat.Heard != 0 ? " whole" : "")}" : "",
            PeerKind.AppendAnswer or PeerKind.HeartbeatAnswer => Of(FollowerAnswer.Read(message.Body)),
            PeerKind.Borrow => Loan.Read(message.Body) is var loan ? $" last={loan.Last.Term}/{loan.Last.Index} mark={loan.Mark.Term}/{loan.Mark.Index}" : "",
            _ => "",
        };
        return $"{message.Kind.ToString().ToLowerInvariant()} term={message.Term}{text}";
    }

    private static string Of(in Ballot ballot) =>
        $" for={ballot.Term} last={ballot.LastTerm}/{ballot.LastIndex}{(ballot.Forced ? " forced" : "")}";

    private static string OfAppend(ReadOnlySpan<byte> body)
    {
        var reader = new AppendReader(body);
        var entries = new List<string>();
        while (reader.TryNext(out var entry))
            entries.Add($"{entry.Term}:{RaftMember.Text(entry.Body)}");
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

    private static string Round(ulong round) => round == 0 ? "" : $" round={round}";
}
