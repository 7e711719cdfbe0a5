using System.Buffers;
using Quorate.Kernel.Storage;

namespace Quorate.Hosts.Tcp;

/// <summary>What a disk request came to, and where the next ones go.</summary>
internal delegate void DiskCompletion(DiskTicket ticket, DiskOutcome outcome, ReadOnlySpan<byte> bytes, Effects next);

/// <summary>
/// Performs disk requests at once, on the caller's thread: for tools that work on a folder while no server does. The disk thread without the
/// thread.
/// </summary>
internal sealed class DirectDisk(IDisk disk)
{
    private readonly Arena _listing = new();

    /// <summary>Performs requests, and those that their completions lead to, until there are no more.</summary>
    public void Run(Effects effects, DiskCompletion completed)
    {
        for (var next = new Effects(); effects.Count > 0; (effects, next) = (next, effects))
        {
            for (var i = 0; i < effects.Count; i++)
                Perform(effects[i], effects.Bytes(effects[i]), completed, next);
            effects.Clear();
        }
    }

    private void Perform(in Effect request, ReadOnlySpan<byte> bytes, DiskCompletion completed, Effects next)
    {
        var file = request.Place.File;
        switch (request.Kind)
        {
            case EffectKind.DiskWrite:
                completed(request.Ticket, disk.Write(file, request.Place.Offset, [bytes.ToArray()]), [], next);
                break;
            case EffectKind.DiskRead:
                Read(request, completed, next);
                break;
            case EffectKind.DiskFlush:
                completed(request.Ticket, disk.Flush(file), [], next);
                break;
            case EffectKind.DiskDrop:
                completed(request.Ticket, disk.Drop(file), [], next);
                break;
            case EffectKind.DiskList:
                _listing.Clear();
                completed(request.Ticket, disk.List(_listing), _listing.Written, next);
                break;
            default:
                Invariant.Broken($"{request.Kind} is no disk request");
                break;
        }
    }

    private void Read(in Effect request, DiskCompletion completed, Effects next)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(request.Place.Length);
        var outcome = disk.Read(request.Place.File, request.Place.Offset, buffer.AsSpan(0, request.Place.Length), out var found);
        completed(request.Ticket, outcome, buffer.AsSpan(0, found), next);
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
