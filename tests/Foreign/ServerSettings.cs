namespace Quorate.Tests.Foreign;

/// <summary>Lines of a zoo.cfg that several tests share.</summary>
internal static class ServerSettings
{
    /// <summary>What the transcripts were recorded with. Nearly every test can live with it.</summary>
    public static IReadOnlyDictionary<string, string> Recording { get; } = new Dictionary<string, string>
    {
        ["tickTime"] = "500",
        ["maxClientCnxns"] = "0",
        ["extendedTypesEnabled"] = "true",
        ["reconfigEnabled"] = "true",
        ["4lw.commands.whitelist"] = "*",
        ["admin.enableServer"] = "false",
        ["enforceQuota"] = "true",
        ["znode.container.checkIntervalMs"] = "500",
        ["DigestAuthenticationProvider.superDigest"] = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=",
    };

    /// <summary>The same, but an empty container stays: for tests whose operations are drawn, and would be met by its end at any of them.</summary>
    public static IReadOnlyDictionary<string, string> Undisturbed { get; } = new Dictionary<string, string>(Recording)
    {
        ["znode.container.checkIntervalMs"] = "3600000",
    };
}
