namespace Quorate.Simulation.Judges;

/// <summary>Which paths are valid where, and how they split, over decoded text as ZooKeeper has it. Semantics reference §2.</summary>
internal static class PathRules
{
    public const string Root = "/", System = "/zookeeper", Quota = "/zookeeper/quota", Config = "/zookeeper/config";

    /// <summary>The full check.</summary>
    public static bool IsValid(string path)
    {
        if (path == Root)
            return true;
        if (!path.StartsWith('/'))
            return false;
        foreach (var range in path.AsSpan(1).Split('/'))
            if (path.AsSpan(1)[range] is "" or "." or "..")
                return false;
        foreach (var unit in path)
            if (unit is <= '\u001f' or >= '\u007f' and <= '\u009f' or >= '\ud800' and <= '\uf8ff' or >= '\ufff0')
                return false;
        return true;
    }

    /// <summary>The shallow check of creates and deletes.</summary>
    public static bool HasForm(string path) => path.Contains('/') && !path.Contains('\0');

    /// <summary>Whether no delete may touch it.</summary>
    public static bool IsReserved(string path) => path is Root or System or Quota or Config;

    /// <summary>Whether what it holds is made by the servers themselves, so that no model of clients' writes can know it.</summary>
    public static bool IsServers(string path) => path == Config || path.StartsWith("/zookeeper/quota/", StringComparison.Ordinal);

    public static string Parent(string path) => path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : Root;

    public static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    public static string Child(string parent, string name) => parent == Root ? Root + name : parent + "/" + name;
}
