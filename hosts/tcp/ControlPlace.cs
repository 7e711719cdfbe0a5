using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Quorate.Hosts.Tcp;

/// <summary>Where a running server hears its operator: a socket in its data folder, which only those can reach who may use that folder.</summary>
/// <remarks>
/// The system limits how long the path of a socket may be, to about a hundred bytes. Linux takes a long one by way of an open folder;
/// elsewhere it cannot be used, and <see cref="TooLong"/> says so.
/// </remarks>
internal sealed class ControlPlace : IDisposable
{
    private const string Name = "quorate.sock";

    /// <summary>What fits everywhere: 104 bytes with a zero behind them on macOS, 108 on Linux and Windows.</summary>
    private const int PathBytesMax = 103;

    private readonly SafeFileHandle? _folder;

    private ControlPlace(string path, UnixDomainSocketEndPoint endpoint, SafeFileHandle? folder) => (Path, Endpoint, _folder) = (path, endpoint, folder);

    /// <summary>The socket's file.</summary>
    public string Path { get; }

    /// <summary>How it is reached, as long as this place is not disposed of.</summary>
    public UnixDomainSocketEndPoint Endpoint { get; }

    /// <summary>The place in a data folder; null if its path is too long for this system.</summary>
    public static ControlPlace? In(string folder)
    {
        var path = System.IO.Path.Combine(System.IO.Path.GetFullPath(folder), Name);
        if (Encoding.UTF8.GetByteCount(path) <= PathBytesMax)
            return new(path, new(path), null);
        if (!OperatingSystem.IsLinux())
            return null;
        var handle = FolderFlush.Open(folder);
        return new(path, new(System.IO.Path.Combine("/proc/self/fd", handle.DangerousGetHandle().ToString(CultureInfo.InvariantCulture), Name)), handle);
    }

    /// <summary>What to say where there is none.</summary>
    public static string TooLong(string folder) =>
        $"The path of {folder} is too long for a socket in it ({PathBytesMax} bytes with the socket's own name): quorate snapshot cannot reach the "
        + "server while it runs. A shorter path can.";

    public void Dispose() => _folder?.Dispose();
}
