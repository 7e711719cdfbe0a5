using System.Buffers.Binary;
using Quorate.Kernel;
using Quorate.Kernel.Storage;

namespace Quorate.Hosts.Memory;

/// <summary>A disk of arrays: every request is done at once and nothing is ever lost. It outlives the server that writes to it.</summary>
public sealed class MemoryDisk
{
    private readonly SortedDictionary<(DiskFileKind Kind, ulong Number), byte[]> _files = [];

    internal (DiskOutcome Outcome, byte[] Found) Perform(in Effect request, ReadOnlySpan<byte> bytes)
    {
        var key = (request.Place.File.Kind, request.Place.File.Number);
        switch (request.Kind)
        {
            case EffectKind.DiskWrite:
                Write(key, (int)request.Place.Offset, bytes);
                return (DiskOutcome.Done, []);
            case EffectKind.DiskRead:
                return _files.TryGetValue(key, out var file)
                    ? (DiskOutcome.Done, Read(file, request.Place.Offset, request.Place.Length))
                    : (DiskOutcome.Missing, []);
            case EffectKind.DiskDrop:
                _files.Remove(key);
                return (DiskOutcome.Done, []);
            case EffectKind.DiskList:
                return (DiskOutcome.Done, List());
            default:
                return (DiskOutcome.Done, []);
        }
    }

    private void Write((DiskFileKind, ulong) key, int offset, ReadOnlySpan<byte> bytes)
    {
        var file = _files.GetValueOrDefault(key) ?? [];
        if (file.Length < offset + bytes.Length)
            Array.Resize(ref file, offset + bytes.Length);
        bytes.CopyTo(file.AsSpan(offset));
        _files[key] = file;
    }

    private static byte[] Read(byte[] file, long offset, int length)
    {
        var start = (int)Math.Min(offset, file.Length);
        return file.AsSpan(start, Math.Min(length, file.Length - start)).ToArray();
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
