using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>The body of a heartbeat.</summary>
/// <param name="Commit">How far the log is committed, but no further than the follower is known to hold it.</param>
/// <param name="Round">The confirmation round under way.</param>
/// <param name="IsBeat">It wants an answer. One that only says how far the log is committed, or what round has begun, does not ask for more than is new.</param>
/// <param name="IsWhole">The follower holds again whatever it may ever have acknowledged: its convalescence is over.</param>
internal readonly record struct Heartbeat(LogIndex Commit, ulong Round, bool IsBeat, bool IsWhole)
{
    private const byte BeatFlag = 1, WholeFlag = 2;

    public const int Bytes = 17;

    public void Write(Span<byte> body)
    {
        var fields = new FieldWriter(body);
        fields.ULong(Commit.Value);
        fields.ULong(Round);
        fields.Byte((byte)((IsBeat ? BeatFlag : 0) | (IsWhole ? WholeFlag : 0)));
    }

    public static Heartbeat Read(ReadOnlySpan<byte> body)
    {
        var fields = new FieldReader(body);
        var (commit, round, flags) = (new LogIndex(fields.ULong()), fields.ULong(), fields.Byte());
        return new(commit, round, (flags & BeatFlag) != 0, (flags & WholeFlag) != 0);
    }
}
