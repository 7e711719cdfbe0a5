using System.Buffers.Binary;
using Quorate.Kernel;
using Quorate.Kernel.Storage;

namespace Quorate.Hosts.Memory;

/// <summary>
/// A disk of arrays: a request is done at once, and what was flushed is never lost. It outlives the server that writes to it.
/// </summary>
public sealed class MemoryDisk
{
    private readonly SortedDictionary<(DiskFileKind Kind, ulong Number), Content> _files = [];

    /// <summary>A file: an array that doubles as it grows, of which the first bytes count; those behind them are zero.</summary>
    private sealed class Content
    {
        /// <summary>What each write since the last flush has overwritten, and how long the file was before it.</summary>
        private readonly Stack<(int Offset, byte[] Bytes, int Length)> _overwritten = new();
        private byte[] _bytes = [];

        public int Length { get; private set; }

        public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

        public void Write(int offset, ReadOnlySpan<byte> bytes)
        {
            var end = checked(offset + bytes.Length);
            if (end > _bytes.Length)
                Array.Resize(ref _bytes, (int)Math.Max(end, Math.Min(2L * _bytes.Length, Array.MaxLength)));
            var place = _bytes.AsSpan(offset, bytes.Length);
            _overwritten.Push((offset, place[..Math.Clamp(Length - offset, 0, place.Length)].ToArray(), Length));
            bytes.CopyTo(place);
            Length = Math.Max(Length, end);
        }

        public void Flush() => _overwritten.Clear();

        public void LoseUnflushed()
        {
            while (_overwritten.TryPop(out var before))
            {
                _bytes.AsSpan(before.Length, Length - before.Length).Clear();
                before.Bytes.CopyTo(_bytes.AsSpan(before.Offset));
                Length = before.Length;
            }
        }
    }

    /// <summary>Nothing is left.</summary>
    internal void Wipe() => _files.Clear();

    /// <summary>The power was cut: what was not flushed is gone.</summary>
    internal void LoseUnflushed()
    {
        foreach (var file in _files.Values)
            file.LoseUnflushed();
    }

    internal (DiskOutcome Outcome, byte[] Found) Perform(in Effect request, ReadOnlySpan<byte> bytes)
    {
        var key = (request.Place.File.Kind, request.Place.File.Number);
        switch (request.Kind)
        {
            case EffectKind.DiskWrite:
                if (!_files.TryGetValue(key, out var written))
                    _files.Add(key, written = new());
                written.Write((int)request.Place.Offset, bytes);
                return (DiskOutcome.Done, []);
            case EffectKind.DiskRead:
                return _files.TryGetValue(key, out var file)
                    ? (DiskOutcome.Done, Read(file, request.Place.Offset, request.Place.Length))
                    : (DiskOutcome.Missing, []);
            case EffectKind.DiskFlush:
                if (_files.TryGetValue(key, out var flushed))
                    flushed.Flush();
                return (DiskOutcome.Done, []);
            case EffectKind.DiskDrop:
                _files.Remove(key);
                return (DiskOutcome.Done, []);
            case EffectKind.DiskList:
                return (DiskOutcome.Done, List());
            default:
                return (DiskOutcome.Done, []);
        }
    }

    private static byte[] Read(Content file, long offset, int length)
    {
        var start = (int)Math.Min(offset, file.Length);
        return file.Bytes.Slice(start, Math.Min(length, file.Length - start)).ToArray();
    }

    private byte[] List()
    {
        var list = new byte[_files.Count * 17];
        var at = list.AsSpan();
        foreach (var (key, file) in _files)
        {
            at[0] = (byte)key.Kind;
            BinaryPrimitives.WriteUInt64LittleEndian(at[1..], key.Number);
            BinaryPrimitives.WriteInt64LittleEndian(at[9..], file.Length);
            at = at[17..];
        }
        return list;
    }
}
