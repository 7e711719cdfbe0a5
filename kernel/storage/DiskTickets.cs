namespace Quorate.Kernel.Storage;

/// <summary>Issues tickets. The top byte names the room that asked, so that the server can hand it the completion.</summary>
internal sealed class DiskTickets
{
    /// <summary>The owner of what recovery reads, whatever kind of file it reads.</summary>
    public const DiskFileKind Recovery = (DiskFileKind)0xff;

    /// <summary>The owner of what a <see cref="JournalReader"/> reads.</summary>
    public const DiskFileKind CatchUp = (DiskFileKind)0xfe;

    /// <summary>The owner of what a <see cref="SnapshotSource"/> reads.</summary>
    public const DiskFileKind SnapshotSource = (DiskFileKind)0xfd;

    /// <summary>The owner of what a <see cref="SnapshotReceiver"/> writes.</summary>
    public const DiskFileKind SnapshotReceiver = (DiskFileKind)0xfc;

    private const int OwnerShift = 56;

    private ulong _issued;

    /// <summary>A ticket never given before, for a room that is named by the kind of file it keeps.</summary>
    public DiskTicket Next(DiskFileKind owner) => new(((ulong)owner << OwnerShift) | ++_issued);

    /// <summary>Its number among all tickets, whoever has asked.</summary>
    public static ulong NumberOf(DiskTicket ticket) => ticket.Value << (64 - OwnerShift) >> (64 - OwnerShift);

    /// <summary>The room that asked.</summary>
    public static DiskFileKind OwnerOf(DiskTicket ticket) => (DiskFileKind)(ticket.Value >> OwnerShift);
}
