using System.Buffers.Binary;
using System.Globalization;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Bench;

/// <summary>What clients send, as they encode it, and how the znodes of all benchmarks are called.</summary>
internal static class Frames
{
    /// <summary>How many children each directory has that the benchmarks make.</summary>
    public const int Fanout = 100;

    /// <summary>A frame without the length in front: header and record.</summary>
    public static byte[] Request(OpCode op, Action<JuteWriter> record, int xid = 1) => Bytes(writer =>
    {
        writer.Int(xid);
        writer.Int((int)op);
        record(writer);
    });

    public static byte[] Connect() => Bytes(static writer =>
    {
        writer.Int(0);
        writer.Long(0);
        writer.Int(30_000);
        writer.Long(0);
        writer.Buffer(new byte[16]);
        writer.Bool(false);
    });

    public static void GetData(JuteWriter writer, ReadOnlySpan<byte> path)
    {
        writer.Buffer(path);
        writer.Bool(false);
    }

    public static void SetData(JuteWriter writer, ReadOnlySpan<byte> path, ReadOnlySpan<byte> data)
    {
        writer.Buffer(path);
        writer.Buffer(data);
        writer.Int(-1);
    }

    public static void Create(JuteWriter writer, ReadOnlySpan<byte> path, ReadOnlySpan<byte> data)
    {
        writer.Buffer(path);
        writer.Buffer(data);
        writer.Int(1);
        new AclEntry { Permissions = Permissions.All, Scheme = "world"u8, Id = "anyone"u8, HasNull = false }.Write(writer);
        writer.Int(0);
    }

    public static void Delete(JuteWriter writer, ReadOnlySpan<byte> path)
    {
        writer.Buffer(path);
        writer.Int(-1);
    }

    /// <summary>A directory of <see cref="Fanout"/> znodes; all paths are of equal length.</summary>
    public static string Directory(int number) => string.Create(CultureInfo.InvariantCulture, $"/load{number:d7}");

    /// <summary>A znode in its directory.</summary>
    public static string Leaf(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{Directory(number / Fanout)}/znode{number % Fanout:d4}");

    /// <summary>A frame as it goes over a connection.</summary>
    public static byte[] WithLength(byte[] frame)
    {
        var whole = new byte[sizeof(int) + frame.Length];
        BinaryPrimitives.WriteInt32BigEndian(whole, frame.Length);
        frame.CopyTo(whole, sizeof(int));
        return whole;
    }

    public static byte[] Bytes(Action<JuteWriter> write)
    {
        var arena = new Arena();
        write(new(arena));
        return arena.Written.ToArray();
    }
}
