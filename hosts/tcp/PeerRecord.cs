using System.Buffers.Binary;

namespace Quorate.Hosts.Tcp;

/// <summary>What a record of the greeting is.</summary>
internal enum PeerRecordKind : byte
{
    /// <summary>Who calls whom; the payload is a nonce.</summary>
    Hello = 1,
    /// <summary>The payload proves the secret.</summary>
    Proof = 2,
    /// <summary>No link; the fault says why.</summary>
    Refusal = 3,
}

/// <summary>One of the records that two members exchange before any frame.</summary>
/// <remarks>
/// 64 bytes, little-endian: magic (6), version (2), kind (1), fault (1), from (1), to (1), flags (1), zeros (3), run (8), zeros (8),
/// payload (32). Magic and version keep their places in every version to come.
/// </remarks>
internal readonly ref struct PeerRecord
{
    public const int Length = 64;
    public const int PayloadLength = 32;

    /// <summary>So many bytes show whether this is the protocol at all.</summary>
    public const int PrefixLength = 8;

    private const int VersionAt = 6, KindAt = 8, FaultAt = 9, FromAt = 10, ToAt = 11, FlagsAt = 12, RunAt = 16, PayloadAt = 32;
    private const ushort Version = 1;
    private const byte HasSecretFlag = 1;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>Reads a record that was checked.</summary>
    public PeerRecord(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    private static ReadOnlySpan<byte> Magic => "QrPeer"u8;

    private static ReadOnlySpan<byte> TlsHandshake => [0x16, 0x03];

    public PeerRecordKind Kind => (PeerRecordKind)_bytes[KindAt];

    public PeerFault Fault => (PeerFault)_bytes[FaultAt];

    public ServerId From => new(_bytes[FromAt]);

    public ServerId To => new(_bytes[ToAt]);

    public bool HasSecret => (_bytes[FlagsAt] & HasSecretFlag) != 0;

    /// <summary>Drawn by the sender's process when it started: two processes have different ones.</summary>
    public ulong Run => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[RunAt..]);

    public ReadOnlySpan<byte> Payload => _bytes.Slice(PayloadAt, PayloadLength);

    /// <summary>What the first bytes of a record show.</summary>
    public static PeerFault Check(ReadOnlySpan<byte> prefix)
    {
        if (!prefix.StartsWith(Magic))
            return prefix.StartsWith(TlsHandshake) ? PeerFault.Encrypted : PeerFault.Stranger;
        return BinaryPrimitives.ReadUInt16LittleEndian(prefix[VersionAt..]) == Version ? PeerFault.None : PeerFault.Version;
    }

    public static byte[] Hello(PeerSelf self, ServerId to, ReadOnlySpan<byte> nonce) => Write(PeerRecordKind.Hello, PeerFault.None, self, to, nonce);

    public static byte[] Proof(PeerSelf self, ServerId to, ReadOnlySpan<byte> proof) => Write(PeerRecordKind.Proof, PeerFault.None, self, to, proof);

    public static byte[] Refusal(PeerSelf self, ServerId to, PeerFault fault) => Write(PeerRecordKind.Refusal, fault, self, to, []);

    private static byte[] Write(PeerRecordKind kind, PeerFault fault, PeerSelf self, ServerId to, ReadOnlySpan<byte> payload)
    {
        var bytes = new byte[Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(VersionAt), Version);
        bytes[KindAt] = (byte)kind;
        bytes[FaultAt] = (byte)fault;
        bytes[FromAt] = self.Id.Value;
        bytes[ToAt] = to.Value;
        bytes[FlagsAt] = self.Secret.Length > 0 ? HasSecretFlag : (byte)0;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(RunAt), self.Run);
        payload.CopyTo(bytes.AsSpan(PayloadAt));
        return bytes;
    }
}
