using System.Globalization;

namespace Quorate.Hosts.Tcp;

/// <summary>The lines of the four-letter word conf, under ZooKeeper's names and in its order.</summary>
internal static class ConfWord
{
    /// <summary>The lines, key=value.</summary>
    public static string[] Lines(ServerOptions options, int tickTime)
    {
        var data = Path.GetFullPath(options.DataDir);
        var log = Path.GetFullPath(options.DataLogDir ?? options.DataDir);
        return
        [
            Line("clientPort", options.Clients?.Port ?? -1),
            Line("secureClientPort", options.SecureClients?.Port ?? -1),
            $"dataDir={data}",
            Line("dataDirSize", SizeOf(data)),
            $"dataLogDir={log}",
            Line("dataLogSize", SizeOf(log)),
            Line("tickTime", tickTime),
            Line("maxClientCnxns", options.ConnectionsPerAddress),
            Line("minSessionTimeout", (long)options.Settings.MinSessionTimeout.TotalMilliseconds),
            Line("maxSessionTimeout", (long)options.Settings.MaxSessionTimeout.TotalMilliseconds),
            Line("clientPortListenBacklog", options.ListenBacklog),
            .. Member(options),
        ];
    }

    /// <summary>Which member this is; the members themselves are the kernel's to say.</summary>
    private static string[] Member(ServerOptions options)
    {
        var settings = options.Settings;
        if (options.Peers is not { } peers)
            return [Line("serverId", 0)];
        var self = settings.Ensemble.First(member => member.Id == settings.Id);
        return
        [
            Line("serverId", settings.Id.Value),
            $"electionPort={self.PeerAddress[(self.PeerAddress.LastIndexOf(':') + 1)..]}",
            Line("quorumPort", peers.Listen.Port),
            Line("peerType", self.IsObserver ? 1 : 0),
        ];
    }

    private static string Line(string key, long value) => string.Create(CultureInfo.InvariantCulture, $"{key}={value}");

    private static long SizeOf(string folder)
    {
        var size = 0L;
        try
        {
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
                size += file.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that does not exist yet is empty; one that cannot be read refuses the start in a moment.
        }
        return size;
    }
}
