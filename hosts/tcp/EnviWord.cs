using System.Globalization;
using System.Runtime.InteropServices;

namespace Quorate.Hosts.Tcp;

/// <summary>The lines of the word envi behind zookeeper.version. There is no Java to tell of; the rest has ZooKeeper's names.</summary>
internal static class EnviWord
{
    private const long Megabyte = 1 << 20;

    /// <summary>The lines, key=value.</summary>
    public static string[] Lines() =>
    [
        $"host.name={Environment.MachineName}",
        $"dotnet.version={Environment.Version}",
        $"os.name={(OperatingSystem.IsLinux() ? "Linux" : RuntimeInformation.OSDescription)}",
        $"os.arch={RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}",
        $"os.version={Environment.OSVersion.Version}",
        $"user.name={Environment.UserName}",
        $"user.home={Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)}",
        $"user.dir={Environment.CurrentDirectory}",
        Memory("free", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet),
        Memory("max", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
        Memory("total", Environment.WorkingSet),
    ];

    private static string Memory(string which, long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"os.memory.{which}={bytes / Megabyte}MB");
}
