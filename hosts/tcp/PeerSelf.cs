using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Quorate.Hosts.Tcp;

/// <summary>Who this server is to the other members.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Run">Drawn when the process started: tells it from another process that claims the same id.</param>
/// <param name="Secret">What all members know and nobody else; empty if there is no such thing.</param>
internal sealed record PeerSelf(ServerId Id, ulong Run, byte[] Secret)
{
    /// <summary>This process as a member.</summary>
    public static PeerSelf Of(ServerId id, string? secret) =>
        new(id, BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))), Encoding.UTF8.GetBytes(secret ?? ""));
}
