namespace Quorate.Tests.Foreign;

/// <summary>Lines of a zoo.cfg that several tests share.</summary>
internal static class ServerSettings
{
    /// <summary>What the transcripts were recorded with. Every test can live with it, so that there is only this one.</summary>
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
}
