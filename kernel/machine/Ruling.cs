using System.Buffers.Binary;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>
/// What the leader decided about membership when it appended an entry, since it depends on who is linked and on settings, which the machine must
/// not know (A7): an error, or who belongs from there on and how the configuration reads.
/// </summary>
/// <remarks>
/// The id of the ensemble is there because a state may found another one (restored from a backup): what it says of members is void then.
/// <para>Encoded, little-endian: error (4), ensemble (8), length of the text (4; −1 for none), the text, the membership in consensus's encoding.</para>
/// </remarks>
internal readonly ref struct Ruling
{
    private const int HeaderLength = sizeof(int) + sizeof(ulong) + sizeof(int);

    public required ErrorCode Error { get; init; }

    /// <summary>Of which ensemble this is the membership.</summary>
    public ulong Ensemble { get; init; }

    /// <summary>Whether the configuration changes to <see cref="Text"/>.</summary>
    public bool Publishes { get; init; }

    /// <summary>The configuration's lines, but for that of its version.</summary>
    public ReadOnlySpan<byte> Text { get; init; }

    /// <summary>Empty if that stays as it is.</summary>
    public ReadOnlySpan<byte> Membership { get; init; }

    public byte[] Encode()
    {
        var bytes = new byte[HeaderLength + Text.Length + Membership.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)Error);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(sizeof(int)), Ensemble);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(sizeof(int) + sizeof(ulong)), Publishes ? Text.Length : -1);
        Text.CopyTo(bytes.AsSpan(HeaderLength));
        Membership.CopyTo(bytes.AsSpan(HeaderLength + Text.Length));
        return bytes;
    }

    /// <summary>Reads what <see cref="Encode"/> wrote. The bytes come from a record whose checksum agreed.</summary>
    public static Ruling Read(ReadOnlySpan<byte> bytes)
    {
        var text = BinaryPrimitives.ReadInt32LittleEndian(bytes[(sizeof(int) + sizeof(ulong))..]);
        return new()
        {
            Error = (ErrorCode)BinaryPrimitives.ReadInt32LittleEndian(bytes),
            Ensemble = BinaryPrimitives.ReadUInt64LittleEndian(bytes[sizeof(int)..]),
            Publishes = text >= 0,
            Text = bytes.Slice(HeaderLength, Math.Max(text, 0)),
            Membership = bytes[(HeaderLength + Math.Max(text, 0))..],
        };
    }
}
