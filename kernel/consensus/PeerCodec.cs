using System.Buffers.Binary;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>Frames between members: a header in front of every body, little-endian, every byte written.</summary>
/// <remarks>
/// Header: format (1 byte), kind (1 byte), CRC-32C of all else (4), ensemble id (8), the sender's birth (8), its term (4). The checksum is
/// against what TCP lets through once in a long while; against strangers it is no protection, that is the links' business.
/// </remarks>
internal static class PeerCodec
{
    public const int HeaderBytes = 26;

    private const byte Format = 1;
    private const int ChecksumAt = 2, SenderAt = 6;

    /// <summary>Reads bytes of any origin; false when they are no frame, or not one of a kind that is known, or not whole.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, out PeerMessage message)
    {
        message = default;
        if (frame.Length < HeaderBytes || frame[0] != Format
            || BinaryPrimitives.ReadUInt32LittleEndian(frame[ChecksumAt..]) != Checksum(frame))
            return false;
        var fields = new FieldReader(frame[SenderAt..]);
        message = new()
        {
            Kind = (PeerKind)frame[1],
            Sender = new(fields.ULong(), fields.ULong()),
            Term = new(fields.UInt()),
            Body = frame[HeaderBytes..],
        };
        return message.Term.Value < uint.MaxValue && IsWhole(message);   // there has to be a next term
    }

    /// <summary>The kind that a frame written here has.</summary>
    public static PeerKind KindOf(ReadOnlySpan<byte> frame) => (PeerKind)frame[1];

    /// <summary>Completes a frame whose body has been written behind the header.</summary>
    public static void Seal(Span<byte> frame, PeerKind kind, in PeerIdentity sender, Term term)
    {
        (frame[0], frame[1]) = (Format, (byte)kind);
        var fields = new FieldWriter(frame[SenderAt..]);
        fields.ULong(sender.Ensemble);
        fields.ULong(sender.Birth);
        fields.UInt(term.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[ChecksumAt..], Checksum(frame));
    }

    /// <summary>Writes a frame around a body, at the arena's end.</summary>
    public static Slice Write(Effects effects, PeerKind kind, in PeerIdentity sender, Term term, ReadOnlySpan<byte> body)
    {
        var slice = effects.Arena.Reserve(HeaderBytes + body.Length);
        var frame = effects.Arena[slice];
        body.CopyTo(frame[HeaderBytes..]);
        Seal(frame, kind, sender, term);
        return slice;
    }

    private static bool IsWhole(in PeerMessage message) => message.Kind switch
    {
        PeerKind.PreVote or PeerKind.Vote => message.Body.Length == Ballot.Bytes,
        PeerKind.PreVoteAnswer or PeerKind.VoteAnswer => message.Body.Length == BallotAnswer.Bytes,
        PeerKind.Append or PeerKind.Lent => AppendReader.IsWhole(message.Body, message.Term),
        PeerKind.AppendAnswer or PeerKind.HeartbeatAnswer => message.Body.Length == FollowerAnswer.Bytes,
        PeerKind.Heartbeat => message.Body.Length == Heartbeat.Bytes,
        PeerKind.Verdict => message.Body.Length == sizeof(ulong),
        PeerKind.Borrow => message.Body.Length == Loan.Bytes,
        PeerKind.TimeoutNow => message.Body.IsEmpty,
        >= PeerKind.SnapshotChunk and <= PeerKind.Welcome => true,
        _ => false,
    };

    private static uint Checksum(ReadOnlySpan<byte> frame) => Crc32C.Of(frame[SenderAt..], (uint)(frame[0] | frame[1] << 8));
}
