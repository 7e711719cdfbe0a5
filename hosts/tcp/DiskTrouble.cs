namespace Quorate.Hosts.Tcp;

/// <summary>Tells a full disk from a broken one.</summary>
internal static class DiskTrouble
{
    // On Unix .NET gives the system's error number, on Windows an HRESULT.
    private const int NoSpace = 28;
    private const int QuotaExceededOnLinux = 122;
    private const int QuotaExceededOnMac = 69;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    // Of a file that could not get the space that was to be reserved for it .NET tells no number, only this and a text.
    private const int NothingToReserve = unchecked((int)0x80131620);

    /// <summary>Whether there was no room: on the device, in the user's quota, or below the limit on the size of files.</summary>
    public static bool IsFull(Exception trouble) => IsTooLarge(trouble) || trouble.HResult switch
    {
        WindowsDiskFull or WindowsHandleDiskFull or NothingToReserve => true,
        NoSpace => !OperatingSystem.IsWindows(),
        QuotaExceededOnLinux => OperatingSystem.IsLinux(),
        QuotaExceededOnMac => OperatingSystem.IsMacOS(),
        _ => false,
    };

    /// <summary>Whether an exception tells of trouble with a file, rather than of a mistake of ours.</summary>
    public static bool Is(Exception e) => e is IOException or UnauthorizedAccessException or ObjectDisposedException || IsTooLarge(e);

    /// <summary>What to say of it.</summary>
    public static string Describe(Exception trouble) =>
        IsTooLarge(trouble) ? "It would become larger than the file system, or the limit on the size of files, allows." : trouble.Message;

    /// <summary>.NET takes the system's refusal of a file that grows too large for a wrong argument.</summary>
    private static bool IsTooLarge(Exception trouble) => trouble is ArgumentOutOfRangeException;
}
