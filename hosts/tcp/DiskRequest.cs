using Quorate.Kernel.Storage;

namespace Quorate.Hosts.Tcp;

/// <summary>A disk request of the kernel on its way to the disk thread, with a copy of what it writes in a rented buffer.</summary>
internal readonly record struct DiskRequest(EffectKind Kind, DiskTicket Ticket, DiskPlace Place, byte[]? Buffer) : IWeighed
{
    public int Weight => Buffer is null ? 0 : Buffer.Length;

    public ReadOnlyMemory<byte> Bytes => Buffer.AsMemory(0, Place.Length);

    /// <summary>Whether this write begins where another one, of the same file, ends.</summary>
    public bool Continues(in DiskRequest other) =>
        Kind == EffectKind.DiskWrite && other.Kind == EffectKind.DiskWrite && Place.File == other.Place.File
        && Place.Offset == other.Place.Offset + other.Place.Length;
}
