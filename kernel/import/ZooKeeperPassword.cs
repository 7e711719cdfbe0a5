using System.Buffers.Binary;

namespace Quorate.Kernel.Importing;

/// <summary>The password that ZooKeeper gives to a session: a pure function of the session's id.</summary>
/// <remarks>
/// It proves nothing, since anybody can compute it; it is here only so that the clients of an imported folder can attach to the sessions
/// they still hold. Quorate's own passwords are drawn at random. Protocol reference §3.4.
/// </remarks>
internal static class ZooKeeperPassword
{
    /// <summary>Length of a password in bytes.</summary>
    public const int Length = 16;

    private const ulong Multiplier = 0x5DEECE66D;
    private const ulong Increment = 0xB;
    private const ulong Mask = (1UL << 48) - 1;

    /// <summary>The sixteen bytes that ZooKeeper's client presents for <paramref name="session"/>.</summary>
    public static byte[] Of(SessionId session)
    {
        var password = new byte[Length];
        var state = ((ulong)session.Value ^ 0xB3415C00 ^ Multiplier) & Mask;
        for (var at = 0; at < Length; at += sizeof(uint))
        {
            state = (state * Multiplier + Increment) & Mask;
            BinaryPrimitives.WriteUInt32LittleEndian(password.AsSpan(at), (uint)(state >> 16));
        }
        return password;
    }
}
