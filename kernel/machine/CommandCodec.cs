using System.Buffers.Binary;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>The bytes of a <see cref="Command"/> in the log: a fixed header, the identities, the body, the leader's ruling. Little-endian.</summary>
/// <remarks>
/// Offsets: 0 kind · 1 origin · 2 rules (2) · 4 op (4) · 8 session (8) · 16 attachment (4) · 20 length of identities (4) · 24 sequence (8) ·
/// 32 birth (8) · 40 starts (4) · 44 length of the ruling (4) · 48 ticket (8) · 56 identities · body · ruling. Every byte is written.
/// </remarks>
internal static class CommandCodec
{
    public const int HeaderLength = 56;

    /// <summary>Length of the encoded command in bytes.</summary>
    public static int Length(in Command command) => HeaderLength + command.Identities.Length + command.Body.Length + command.Ruling.Length;

    /// <summary>Writes the command, stamped with the leader's rules, over the whole of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">Exactly <see cref="Length"/> long.</param>
    /// <param name="command">The command; its own rules are not looked at.</param>
    /// <param name="rules">What the leader has in force (A7).</param>
    /// <param name="ticket">What the origin calls it; the command's own is not looked at.</param>
    public static void Write(Span<byte> bytes, in Command command, Rules rules, ulong ticket = 0)
    {
        Invariant.Holds(bytes.Length == Length(command));
        bytes[0] = (byte)command.Kind;
        bytes[1] = command.Origin.Value;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], (ushort)rules);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], (int)command.Op);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], command.Session.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], command.Attachment);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[20..], command.Identities.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], command.Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], command.Incarnation.Birth);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[40..], command.Incarnation.Starts);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[44..], command.Ruling.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[48..], ticket);
        command.Identities.CopyTo(bytes[HeaderLength..]);
        command.Body.CopyTo(bytes[(HeaderLength + command.Identities.Length)..]);
        command.Ruling.CopyTo(bytes[^command.Ruling.Length..]);
    }

    /// <summary>Stamps the leader's rules into a command that its origin encoded.</summary>
    public static void Stamp(Span<byte> bytes, Rules rules) => BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], (ushort)rules);

    /// <summary>Writes a command that has no ruling yet together with one over the whole of <paramref name="bytes"/>.</summary>
    public static void Rule(Span<byte> bytes, ReadOnlySpan<byte> command, ReadOnlySpan<byte> ruling)
    {
        command.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[44..], ruling.Length);
        ruling.CopyTo(bytes[command.Length..]);
    }

    /// <summary>Whether bytes of any origin are laid out as a command.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderLength
        && (ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]) + BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]) <= (ulong)(bytes.Length - HeaderLength);

    /// <summary>Reads a command that <see cref="Write"/> wrote. The bytes come from a record whose checksum agreed.</summary>
    public static Command Read(ReadOnlySpan<byte> bytes)
    {
        var identities = BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]);
        var ruling = BinaryPrimitives.ReadInt32LittleEndian(bytes[44..]);
        return new()
        {
            Kind = (CommandKind)bytes[0],
            Origin = new(bytes[1]),
            Rules = (Rules)BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
            Op = (OpCode)BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            Session = new(BinaryPrimitives.ReadInt64LittleEndian(bytes[8..])),
            Attachment = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]),
            Sequence = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            Incarnation = new(BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..])),
            Ticket = BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]),
            Identities = bytes.Slice(HeaderLength, identities),
            Body = bytes[(HeaderLength + identities)..^ruling],
            Ruling = bytes[^ruling..],
        };
    }
}
