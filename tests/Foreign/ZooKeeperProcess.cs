using System.Diagnostics;

namespace Quorate.Tests.Foreign;

/// <summary>The real Apache ZooKeeper of the Debian package, standalone: the outside opinion.</summary>
internal sealed class ZooKeeperProcess(IReadOnlyDictionary<string, string> settings) : ServerProcess(settings)
{
    protected override ProcessStartInfo Command
    {
        get
        {
            var command = new ProcessStartInfo(Tools.Java!, ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
            // The keys of containers are system properties without a prefix, which its zoo.cfg cannot set.
            foreach (var (key, value) in settings.Where(setting => setting.Key.StartsWith("znode.container.", StringComparison.Ordinal)))
                command.ArgumentList.Add($"-D{key}={value}");
            command.ArgumentList.Add("-cp");
            // The jars of Netty, which only a secure port needs, need not be there.
            string[] jars = ["zookeeper", "netty-codec", "netty-resolver", "slf4j-simple"];
            command.ArgumentList.Add(string.Join(':', jars.Select(static jar => $"{Tools.JarFolder}/{jar}.jar")));
            command.ArgumentList.Add("org.apache.zookeeper.server.quorum.QuorumPeerMain");
            command.ArgumentList.Add(Config);
            return command;
        }
    }
}
