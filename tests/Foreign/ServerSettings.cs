namespace Quorate.Tests.Foreign;

/// <summary>Lines of a zoo.cfg that several tests share.</summary>
internal static class ServerSettings
{
    /// <summary>What the transcripts were recorded with.</summary>
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

    /// <summary>
    /// The same with room for long sessions, for nearly every test: whoever is not about the end of a session must not lose one, nor give up a
    /// connection for silence, on a machine that is slow for a while.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Patient { get; } = new Dictionary<string, string>(Recording)
    {
        ["maxSessionTimeout"] = "60000",
    };

    /// <summary>
    /// The same again, but an empty container stays: for tests whose operations are drawn, and would be met by its end at any of them.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Undisturbed { get; } = new Dictionary<string, string>(Patient)
    {
        ["znode.container.checkIntervalMs"] = "3600000",
    };
}
