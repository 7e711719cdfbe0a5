using System.Buffers.Binary;

namespace Quorate.Kernel.Wire;

/// <summary>Writes ZooKeeper's primitive encoding at the end of an <see cref="Arena"/>.</summary>
public readonly struct JuteWriter(Arena arena)
{
    /// <summary>Where the bytes go.</summary>
    public Arena Arena { get; } = arena;

    /// <summary>The arena's present end: where the next byte goes.</summary>
    public int Position => Arena.Length;

    /// <summary>One byte.</summary>
    public void Byte(byte value) => Arena[Arena.Reserve(1)][0] = value;

    /// <summary>A boolean as 0 or 1.</summary>
    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>A big-endian 32-bit integer.</summary>
    public void Int(int value) => BinaryPrimitives.WriteInt32BigEndian(Arena[Arena.Reserve(sizeof(int))], value);

    /// <summary>A big-endian 64-bit integer.</summary>
    public void Long(long value) => BinaryPrimitives.WriteInt64BigEndian(Arena[Arena.Reserve(sizeof(long))], value);

    /// <summary>A buffer or string with its length in front.</summary>
    public void Buffer(ReadOnlySpan<byte> value)
    {
        Int(value.Length);
        Arena.Append(value);
    }

    /// <summary>A null buffer, string or vector.</summary>
    public void Null() => Int(-1);

    /// <summary>A buffer that may be null.</summary>
    public void Buffer(ReadOnlySpan<byte> value, bool isNull)
    {
        if (isNull)
            Null();
        else
            Buffer(value);
    }

    /// <summary>Bytes as they are, without a length.</summary>
    public void Raw(ReadOnlySpan<byte> value) => Arena.Append(value);

    /// <summary>Leaves room for a 32-bit integer that <see cref="Patch"/> fills in later.</summary>
    public int Gap() => Arena.Reserve(sizeof(int)).Offset;

    /// <summary>Writes the integer of a <see cref="Gap"/>.</summary>
    public void Patch(int gap, int value) => BinaryPrimitives.WriteInt32BigEndian(Arena[new Slice(gap, sizeof(int))], value);

    /// <summary>Begins a frame: room for its length. <see cref="EndFrame"/> fills it in.</summary>
    public int BeginFrame() => Gap();

    /// <summary>Ends the frame that began at <paramref name="start"/>: writes the number of bytes that follow the length.</summary>
    public void EndFrame(int start) => Patch(start, Arena.Length - start - sizeof(int));
}
