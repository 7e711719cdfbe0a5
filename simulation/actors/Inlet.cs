using System.Buffers.Binary;

namespace Quorate.Simulation.Actors;

/// <summary>Puts the frames of a client's connection together again, however the stream was cut.</summary>
internal sealed class Inlet
{
    private readonly Backlog _backlog = new();

    /// <summary>A new connection: what was left of the former is void.</summary>
    public void Clear() => _backlog.Clear();

    /// <summary>More of the stream.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => _backlog.Add(bytes);

    /// <summary>The next whole frame, without its length; good until bytes are appended.</summary>
    public bool TryTake(out ReadOnlySpan<byte> frame)
    {
        frame = default;
        if (_backlog.Length < sizeof(int))
            return false;
        var length = BinaryPrimitives.ReadInt32BigEndian(_backlog.Bytes);
        if (_backlog.Length - sizeof(int) < length)
            return false;
        frame = _backlog.Bytes.Slice(sizeof(int), length);
        _backlog.Skip(sizeof(int) + length);
        return true;
    }
}
