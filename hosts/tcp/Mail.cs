using Quorate.Kernel.Storage;

namespace Quorate.Hosts.Tcp;

/// <summary>Something for the kernel thread. What it carries in a rented buffer belongs to that thread, which gives it back.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Client">The connection it happened to, for the four kinds of a client.</param>
/// <param name="Peer">The link it happened to, for the three kinds of a peer.</param>
/// <param name="Subject">The peer's id, the ticket or the operator's request.</param>
/// <param name="Outcome">How a disk request ended.</param>
/// <param name="Buffer">A rented buffer, or null.</param>
/// <param name="Length">How many bytes of it count. For frames: whole frames one behind the other, each with its length in front.</param>
internal readonly record struct Mail(
    InputKind Kind, ClientSocket? Client, PeerSocket? Peer, ulong Subject, DiskOutcome Outcome, byte[]? Buffer, int Length)
    : IWeighed
{
    public int Weight => Buffer is null ? 0 : Buffer.Length;

    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Length);

    public static Mail Of(InputKind kind, ClientSocket client, byte[]? buffer = null, int length = 0) =>
        new(kind, client, null, 0, DiskOutcome.Done, buffer, length);

    public static Mail Of(InputKind kind, PeerSocket peer, byte[]? buffer = null, int length = 0) =>
        new(kind, null, peer, peer.Id.Value, DiskOutcome.Done, buffer, length);

    public static Mail Of(OperatorRequest request) => new(InputKind.Operator, null, null, (ulong)request, DiskOutcome.Done, null, 0);

    public static Mail Of(DiskTicket ticket, DiskOutcome outcome, byte[]? found = null, int length = 0) =>
        new(InputKind.DiskDone, null, null, ticket.Value, outcome, found, length);
}
