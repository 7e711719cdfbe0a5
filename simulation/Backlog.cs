namespace Quorate.Simulation;

/// <summary>Bytes of a stream that have come and were not used up yet, in one piece.</summary>
internal sealed class Backlog
{
    private byte[] _bytes = new byte[256];
    private int _start, _end;

    /// <summary>How many there are.</summary>
    public int Length => _end - _start;

    /// <summary>All of them; good until more are added.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(_start, Length);

    /// <summary>More have come.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length - _end < bytes.Length)
        {
            var length = Length;
            var roomy = length + bytes.Length > _bytes.Length ? new byte[2 * (length + bytes.Length)] : _bytes;
            Bytes.CopyTo(roomy);
            (_bytes, _start, _end) = (roomy, 0, length);
        }
        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>The first of them are used up.</summary>
    public void Skip(int count) => _start += count;

    /// <summary>What there is is void.</summary>
    public void Clear() => _start = _end = 0;
}
