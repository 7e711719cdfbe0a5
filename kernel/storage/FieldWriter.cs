using System.Buffers.Binary;

namespace Quorate.Kernel.Storage;

/// <summary>Writes little-endian fields one after another: the encoding of everything in files.</summary>
internal ref struct FieldWriter(Span<byte> bytes)
{
    private readonly Span<byte> _bytes = bytes;

    /// <summary>How many bytes have been written.</summary>
    public int Length { get; private set; }

    public void Byte(byte value) => _bytes[Length++] = value;

    public void UInt(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes[Length..], value);
        Length += sizeof(uint);
    }

    public void ULong(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes[Length..], value);
        Length += sizeof(ulong);
    }

    public void Position(in LogPosition value)
    {
        ULong(value.Index.Value);
        UInt(value.Term.Value);
        ULong(value.Chain);
    }

    public void Bytes(scoped ReadOnlySpan<byte> value)
    {
        value.CopyTo(_bytes[Length..]);
        Length += value.Length;
    }
}

/// <summary>Reads what <see cref="FieldWriter"/> wrote: bytes whose checksum was verified, so running over the end is a bug.</summary>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public byte Byte()
    {
        var value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public uint UInt()
    {
        var value = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        _rest = _rest[sizeof(uint)..];
        return value;
    }

    public ulong ULong()
    {
        var value = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
        _rest = _rest[sizeof(ulong)..];
        return value;
    }

    public LogPosition Position() => new(new(ULong()), new(UInt()), ULong());

    public ReadOnlySpan<byte> Bytes(int length)
    {
        var value = _rest[..length];
        _rest = _rest[length..];
        return value;
    }
}
