using System.Buffers;

namespace Quorate.Hosts.Tcp;

/// <summary>Where buffers for received bytes come from and go back to.</summary>
/// <remarks>
/// They are rented on the threads that poll sockets and returned on the kernel thread. The framework's shared pool, which keeps a few of
/// each size per thread and core, loses most of them on that way and allocates new ones; so those of the usual size, which every quiet
/// connection has, lie on a stack of their own. The others are rare.
/// </remarks>
internal static class ReceiveBuffers
{
    /// <summary>The usual size.</summary>
    public const int UsualBytes = 4 << 10;

    private const int KeptMax = 4096;

    private static readonly object Gate = new();
    private static readonly byte[][] Kept = new byte[KeptMax][];
    private static int _count;

    /// <summary>A buffer of at least so many bytes, of unknown content.</summary>
    public static byte[] Rent(int bytes)
    {
        if (bytes > UsualBytes)
            return ArrayPool<byte>.Shared.Rent(bytes);
        lock (Gate)
        {
            if (_count > 0)
                return Kept[--_count];
        }
        return GC.AllocateUninitializedArray<byte>(UsualBytes);
    }

    /// <summary>Gives a buffer back.</summary>
    public static void Return(byte[] buffer)
    {
        if (buffer.Length != UsualBytes)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return;
        }
        lock (Gate)
        {
            if (_count < KeptMax)
                Kept[_count++] = buffer;
        }
    }
}
