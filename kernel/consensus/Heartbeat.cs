using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>The body of a heartbeat.</summary>
/// <param name="Commit">How far the log is committed, but no further than the follower is known to hold it.</param>
/// <param name="Round">The confirmation round under way.</param>
/// <param name="IsBeat">It wants an answer. One that only says how far the log is committed, or what round has begun, does not ask for more than is new.</param>
/// <param name="Heard">The follower's plea (<see cref="FollowerAnswer.Plea"/>), once it holds again whatever it may ever have acknowledged; else 0.</param>
internal readonly record struct Heartbeat(LogIndex Commit, ulong Round, bool IsBeat, ulong Heard)
{
    public const int Bytes = 25;

    public void Write(Span<byte> body)
    {
        var fields = new FieldWriter(body);
        fields.ULong(Commit.Value);
        fields.ULong(Round);
        fields.Byte(IsBeat ? (byte)1 : (byte)0);
        fields.ULong(Heard);
    }

    public static Heartbeat Read(ReadOnlySpan<byte> body)
    {
        var fields = new FieldReader(body);
        return new(new(fields.ULong()), fields.ULong(), fields.Byte() != 0, fields.ULong());
    }
}
