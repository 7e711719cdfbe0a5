using System.Buffers.Binary;
using Quorate.Kernel;
using Quorate.Kernel.Storage;

namespace Quorate.Bench;

/// <summary>Files in memory that grow by doubling, so that a million records cost no more than their bytes.</summary>
internal sealed class ArrayDisk
{
    private const int EntryBytes = 17;

    private readonly SortedDictionary<(DiskFileKind Kind, ulong Number), (byte[] Bytes, int Length)> _files = [];

    /// <summary>Performs the disk requests among <paramref name="effects"/> and hands each completion over.</summary>
    public void Perform(Effects effects, Action<DiskTicket, byte[]> done)
    {
        var ended = new List<(DiskTicket, byte[])>();
        for (var i = 0; i < effects.Count; i++)
            ended.Add((effects[i].Ticket, Perform(effects[i], effects.Bytes(effects[i]))));
        effects.Clear();
        foreach (var (ticket, found) in ended)
            done(ticket, found);
    }

    private byte[] Perform(in Effect request, ReadOnlySpan<byte> bytes)
    {
        var key = (request.Place.File.Kind, request.Place.File.Number);
        var file = _files.GetValueOrDefault(key, ([], 0));
        switch (request.Kind)
        {
            case EffectKind.DiskWrite:
                _files[key] = Write(file, (int)request.Place.Offset, bytes);
                break;
            case EffectKind.DiskRead:
                var start = (int)Math.Min(request.Place.Offset, file.Length);
                return file.Bytes.AsSpan(start, Math.Min(request.Place.Length, file.Length - start)).ToArray();
            case EffectKind.DiskDrop:
                _files.Remove(key);
                break;
            case EffectKind.DiskList:
                return List();
        }
        return [];
    }

    private static (byte[] Bytes, int Length) Write((byte[] Bytes, int Length) file, int offset, ReadOnlySpan<byte> bytes)
    {
        var end = offset + bytes.Length;
        if (end > file.Bytes.Length)
            Array.Resize(ref file.Bytes, Math.Max(end, 2 * file.Bytes.Length));
        bytes.CopyTo(file.Bytes.AsSpan(offset));
        return (file.Bytes, Math.Max(file.Length, end));
    }

    private byte[] List()
    {
        var list = new byte[_files.Count * EntryBytes];
        var at = list.AsSpan();
        foreach (var (key, file) in _files)
        {
            at[0] = (byte)key.Kind;
            BinaryPrimitives.WriteUInt64LittleEndian(at[1..], key.Number);
            BinaryPrimitives.WriteInt64LittleEndian(at[9..], file.Length);
            at = at[EntryBytes..];
        }
        return list;
    }
}
