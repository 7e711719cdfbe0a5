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

    /// <summary>Whether there was no room, on the device or in the user's quota.</summary>
    public static bool IsFull(Exception trouble) => trouble.HResult switch
    {
        WindowsDiskFull or WindowsHandleDiskFull => true,
        NoSpace => !OperatingSystem.IsWindows(),
        QuotaExceededOnLinux => OperatingSystem.IsLinux(),
        QuotaExceededOnMac => OperatingSystem.IsMacOS(),
        _ => false,
    };
}
