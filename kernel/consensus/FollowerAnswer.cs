using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>What else an answer says.</summary>
[Flags]
internal enum AnswerFlags : byte
{
    None = 0,
    /// <summary>The log has nothing, or something else, at <see cref="FollowerAnswer.Rejected"/>; try again at <see cref="FollowerAnswer.Hint"/>.</summary>
    Rejected = 1,
    /// <summary>There is no room behind what was received: try again later.</summary>
    Full = 2,
    /// <summary>The log holds the same index and term as the leader's at <see cref="FollowerAnswer.Hint"/>, with another past (B4).</summary>
    Contradicts = 4,
}

/// <summary>
/// The body of a follower's answer to appends and heartbeats: how things stand, whatever exactly was asked. One answers all that came in a batch.
/// </summary>
internal readonly record struct FollowerAnswer
{
    public const int Bytes = 1 + 8 + 8 + 8 + 8 + 20 + 8 + 16 + 8;

    public AnswerFlags Flags { get; init; }
    /// <summary>Up to here the log agrees with the leader's and is on the disk.</summary>
    public LogIndex Matched { get; init; }
    /// <summary>Up to here it agrees; the rest is on its way to the disk.</summary>
    public LogIndex Received { get; init; }
    /// <summary>The newest round heard of.</summary>
    public ulong Round { get; init; }
    /// <summary>Where the log did not continue.</summary>
    public LogIndex Rejected { get; init; }
    /// <summary>The place at which the logs may agree, or at which they contradict.</summary>
    public LogPosition Hint { get; init; }
    /// <summary>Now and then, how far the follower has applied; 0 otherwise.</summary>
    public LogIndex Applied { get; init; }
    /// <summary>And the digest of its state there.</summary>
    public Digest Digest { get; init; }
    /// <summary>
    /// A number that a convalescent member drew at its start, else 0: it may have lost what it acknowledged and must not be counted. A leader
    /// that has made it whole gives the number back; whoever lost its disk once more meanwhile has drawn another.
    /// </summary>
    public ulong Plea { get; init; }

    public void Write(Span<byte> body)
    {
        var fields = new FieldWriter(body);
        fields.Byte((byte)Flags);
        fields.ULong(Matched.Value);
        fields.ULong(Received.Value);
        fields.ULong(Round);
        fields.ULong(Rejected.Value);
        fields.Position(Hint);
        fields.ULong(Applied.Value);
        fields.ULong((ulong)(Digest.Value >> 64));
        fields.ULong((ulong)Digest.Value);
        fields.ULong(Plea);
    }

    public static FollowerAnswer Read(ReadOnlySpan<byte> body)
    {
        var fields = new FieldReader(body);
        return new()
        {
            Flags = (AnswerFlags)fields.Byte(),
            Matched = new(fields.ULong()),
            Received = new(fields.ULong()),
            Round = fields.ULong(),
            Rejected = new(fields.ULong()),
            Hint = fields.Position(),
            Applied = new(fields.ULong()),
            Digest = new(new UInt128(fields.ULong(), fields.ULong())),
            Plea = fields.ULong(),
        };
    }
}
