using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>The body of a request for a vote or a pre-vote.</summary>
/// <param name="Term">The term that is stood for; in a pre-vote it has not begun.</param>
/// <param name="LastIndex">The candidate's last entry.</param>
/// <param name="LastTerm">Its term.</param>
/// <param name="Forced">A leader asked for this election itself, so having heard from it lately is no reason to refuse.</param>
internal readonly record struct Ballot(Term Term, LogIndex LastIndex, Term LastTerm, bool Forced)
{
    public const int Bytes = 17;

    public void Write(Span<byte> body)
    {
        var fields = new FieldWriter(body);
        fields.UInt(Term.Value);
        fields.ULong(LastIndex.Value);
        fields.UInt(LastTerm.Value);
        fields.Byte(Forced ? (byte)1 : (byte)0);
    }

    public static Ballot Read(ReadOnlySpan<byte> body)
    {
        var fields = new FieldReader(body);
        return new(new(fields.UInt()), new(fields.ULong()), new(fields.UInt()), fields.Byte() != 0);
    }
}

/// <summary>The body of an answer to it.</summary>
/// <param name="Term">The term that was stood for.</param>
/// <param name="Granted">Whether the vote is the candidate's.</param>
internal readonly record struct BallotAnswer(Term Term, bool Granted)
{
    public const int Bytes = 5;

    public void Write(Span<byte> body)
    {
        var fields = new FieldWriter(body);
        fields.UInt(Term.Value);
        fields.Byte(Granted ? (byte)1 : (byte)0);
    }

    public static BallotAnswer Read(ReadOnlySpan<byte> body)
    {
        var fields = new FieldReader(body);
        return new(new(fields.UInt()), fields.Byte() != 0);
    }
}
