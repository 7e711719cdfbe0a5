using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Quorate.Hosts.Tcp;

/// <summary>Makes the names in a folder durable: a file that was flushed is still lost if its name was not.</summary>
internal static partial class FolderFlush
{
    private const int ReadOnly = 0;
    private const int Interrupted = 4;

    /// <summary>Flushes a folder. On Windows, where folders cannot be flushed, names are journalled by the file system.</summary>
    /// <exception cref="IOException">The device failed.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        using var handle = Open(folder);
        while (FlushFolder(handle) != 0)
            if (Marshal.GetLastPInvokeError() != Interrupted)
                throw Trouble(folder);
    }

    /// <summary>Opens a folder, which .NET does not. Not on Windows.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle Open(string folder)
    {
        var handle = OpenFolder(folder, ReadOnly);
        return handle.IsInvalid ? throw Trouble(folder) : handle;
    }

    private static IOException Trouble(string folder)
    {
        var error = Marshal.GetLastPInvokeError();
        return new($"{Marshal.GetPInvokeErrorMessage(error)} : '{folder}'", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FlushFolder(SafeFileHandle folder);
}
