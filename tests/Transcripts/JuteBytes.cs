using System.Buffers.Binary;
using System.Text;

namespace Quorate.Tests.Transcripts;

/// <summary>
/// ZooKeeper's encoding for tests, written apart from the kernel's own so that a mistake in one does not hide in the other.
/// </summary>
internal sealed class JuteBytes
{
    private readonly List<byte> _bytes = [];

    public JuteBytes Int(int value)
    {
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(four, value);
        _bytes.AddRange(four);
        return this;
    }

    public JuteBytes Long(long value)
    {
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(eight, value);
        _bytes.AddRange(eight);
        return this;
    }

    public JuteBytes Bool(bool value)
    {
        _bytes.Add(value ? (byte)1 : (byte)0);
        return this;
    }

    public JuteBytes Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public JuteBytes Buffer(ReadOnlySpan<byte> bytes) => Int(bytes.Length).Raw(bytes);

    public JuteBytes Null() => Int(-1);

    public JuteBytes Text(string text) => Buffer(Encoding.UTF8.GetBytes(text));

    /// <summary>An ACL of one entry, all permissions unless told.</summary>
    public JuteBytes Acl(string scheme = "world", string id = "anyone", int permissions = 31) =>
        Int(1).Int(permissions).Text(scheme).Text(id);

    public byte[] ToArray() => [.. _bytes];

    /// <summary>The bytes with their length in front.</summary>
    public byte[] ToFrame() => new JuteBytes().Buffer(ToArray()).ToArray();
}
