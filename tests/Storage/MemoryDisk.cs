using System.Buffers.Binary;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Storage;

/// <summary>A disk in memory that knows what has been flushed. A crash keeps or loses each unflushed sector as told.</summary>
internal sealed class MemoryDisk
{
    public const int SectorBytes = 512;

    private sealed class Image
    {
        public byte[] Written = [];
        public byte[] Durable = [];

        public Image Copy() => new() { Written = [.. Written], Durable = [.. Durable] };
    }

    private readonly SortedDictionary<(DiskFileKind, ulong), Image> _files = [];
    private readonly Queue<(Effect Effect, byte[] Bytes)> _requests = new();

    /// <summary>Says how a request ends, before it is performed; what does not end well is not performed.</summary>
    public Func<Effect, DiskOutcome> Fate { get; set; } = _ => DiskOutcome.Done;

    public List<string> Log { get; } = [];
    public int Flushes { get; private set; }
    public int Waiting => _requests.Count;

    /// <summary>The request that is performed next.</summary>
    public Effect Next => _requests.Peek().Effect;

    /// <summary>Takes the disk requests of a batch; they are performed one by one.</summary>
    public void Take(Effects effects)
    {
        for (var i = 0; i < effects.Count; i++)
            Take(effects[i], effects.Bytes(effects[i]));
        effects.Clear();
    }

    /// <summary>Takes one disk request.</summary>
    public void Take(in Effect request, ReadOnlySpan<byte> bytes) => _requests.Enqueue((request, bytes.ToArray()));

    /// <summary>Puts the oldest requests behind all others, as a disk may do with requests on another file.</summary>
    public void PostponeOldest(int requests)
    {
        for (; requests > 0; requests--)
            _requests.Enqueue(_requests.Dequeue());
    }

    /// <summary>Performs the oldest request.</summary>
    public (DiskTicket Ticket, DiskOutcome Outcome, byte[] Bytes) Perform()
    {
        var (effect, bytes) = _requests.Dequeue();
        var outcome = Fate(effect);
        if (outcome != DiskOutcome.Done)
            return (effect.Ticket, outcome, []);
        var key = (effect.Place.File.Kind, effect.Place.File.Number);
        Log.Add($"{effect.Kind} {key.Kind} {key.Number} @{effect.Place.Offset}+{effect.Place.Length}");
        switch (effect.Kind)
        {
            case EffectKind.DiskWrite:
                Write(key, effect.Place.Offset, bytes);
                break;
            case EffectKind.DiskFlush:
                Flushes++;
                if (_files.TryGetValue(key, out var flushed))
                    flushed.Durable = [.. flushed.Written];
                break;
            case EffectKind.DiskDrop:
                _files.Remove(key);
                break;
            case EffectKind.DiskList:
                return (effect.Ticket, DiskOutcome.Done, List());
            case EffectKind.DiskRead:
                if (!_files.TryGetValue(key, out var image))
                    return (effect.Ticket, DiskOutcome.Missing, []);
                var from = (int)Math.Min(effect.Place.Offset, image.Written.Length);
                var to = Math.Min(from + effect.Place.Length, image.Written.Length);
                return (effect.Ticket, DiskOutcome.Done, image.Written[from..to]);
        }
        return (effect.Ticket, DiskOutcome.Done, []);
    }

    /// <summary>Power is lost: unflushed sectors for which <paramref name="keeps"/> says no are as they were at the last flush.</summary>
    public void Crash(Func<bool> keeps)
    {
        _requests.Clear();
        foreach (var image in _files.Values)
        {
            for (var at = 0; at < image.Written.Length; at += SectorBytes)
            {
                var end = Math.Min(at + SectorBytes, image.Written.Length);
                var before = new byte[end - at];
                var known = Math.Clamp(image.Durable.Length - at, 0, before.Length);
                image.Durable.AsSpan(Math.Min(at, image.Durable.Length), known).CopyTo(before);
                if (!image.Written.AsSpan(at, end - at).SequenceEqual(before) && !keeps())
                    before.CopyTo(image.Written, at);
            }
            image.Durable = [.. image.Written];
        }
    }

    /// <summary>The process is killed: what was written stays, flushed or not, and requests not performed are gone.</summary>
    public void Kill() => _requests.Clear();

    public MemoryDisk Copy()
    {
        var copy = new MemoryDisk();
        foreach (var (key, image) in _files)
            copy._files[key] = image.Copy();
        return copy;
    }

    public byte[] this[DiskFileKind kind, ulong number = 0]
    {
        get => _files[(kind, number)].Written;
        set => _files[(kind, number)] = new() { Written = value, Durable = [.. value] };
    }

    public bool Has(DiskFileKind kind, ulong number = 0) => _files.ContainsKey((kind, number));

    public void Remove(DiskFileKind kind, ulong number = 0) => _files.Remove((kind, number));

    public IEnumerable<(DiskFileKind Kind, ulong Number)> Files => [.. _files.Keys];

    /// <summary>Every bit of a sector turned over.</summary>
    public void Flip(DiskFileKind kind, ulong number, int sector)
    {
        var bytes = this[kind, number];
        for (var at = sector * SectorBytes; at < Math.Min((sector + 1) * SectorBytes, bytes.Length); at++)
            bytes[at] ^= 0xff;
        this[kind, number] = bytes;
    }

    /// <summary>Equal for equal contents.</summary>
    public string Contents() => string.Join('\n', _files.Select(file => $"{file.Key}:{Digest.Of(file.Value.Written)}"));

    private void Write((DiskFileKind, ulong) key, long offset, byte[] bytes)
    {
        if (!_files.TryGetValue(key, out var image))
            _files[key] = image = new();
        var end = (int)offset + bytes.Length;
        if (image.Written.Length < end)
            Array.Resize(ref image.Written, end);
        bytes.CopyTo(image.Written, (int)offset);
    }

    private byte[] List()
    {
        var listing = new byte[17 * _files.Count];
        var at = 0;
        foreach (var ((kind, number), image) in _files)
        {
            listing[at] = (byte)kind;
            BinaryPrimitives.WriteUInt64LittleEndian(listing.AsSpan(at + 1), number);
            BinaryPrimitives.WriteInt64LittleEndian(listing.AsSpan(at + 9), image.Written.Length);
            at += 17;
        }
        return listing;
    }
}
