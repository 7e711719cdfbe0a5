using System.Globalization;
using System.Text;

namespace Quorate.Client;

/// <summary>Who the members of an ensemble are: what <c>/zookeeper/config</c> holds.</summary>
/// <param name="Servers">The members, one by one.</param>
/// <param name="Version">
/// Which membership it is; it grows with every change. Give it to <see cref="EnsembleChange.Version"/> to change just this one.
/// </param>
/// <param name="Stat">The Stat of the znode.</param>
public sealed record EnsembleConfig(IReadOnlyList<EnsembleServer> Servers, long Version, Stat Stat)
{
    internal const string Path = "/zookeeper/config";

    private const string ServerKey = "server.", VersionKey = "version=";

    internal static EnsembleConfig Read(in Answer answer, ref JuteReader reader)
    {
        var reply = DataReply.Read(ref reader);
        var servers = new List<EnsembleServer>();
        long version = 0;
        foreach (var line in Encoding.UTF8.GetString(reply.Data).Split('\n', StringSplitOptions.TrimEntries))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (line.StartsWith(VersionKey, StringComparison.Ordinal))
                _ = long.TryParse(line.AsSpan(VersionKey.Length), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out version);
            else if (equals > 0 && line.StartsWith(ServerKey, StringComparison.Ordinal) &&
                int.TryParse(
                    line.AsSpan(ServerKey.Length, equals - ServerKey.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                servers.Add(new(id, line[(equals + 1)..]));
        }
        return new(servers, version, reply.Stat);
    }
}

/// <summary>A member of an ensemble.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Address">Where it is and what it does, as in a zoo.cfg: <c>host:2888:3888:participant;0.0.0.0:2181</c>.</param>
public readonly record struct EnsembleServer(int Id, string Address)
{
    /// <summary>The line of a zoo.cfg.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"server.{Id}={Address}");
}

/// <summary>A change of an ensemble's members: who joins and who leaves, or who they all are from now on.</summary>
public sealed record EnsembleChange
{
    /// <summary>Who joins, or changes its address or role.</summary>
    public IReadOnlyList<EnsembleServer> Joining { get; init; } = [];

    /// <summary>The numbers of those that leave.</summary>
    public IReadOnlyList<int> Leaving { get; init; } = [];

    /// <summary>All members from now on, instead of who joins and leaves; null to name only those.</summary>
    public IReadOnlyList<EnsembleServer>? Members { get; init; }

    /// <summary>The membership that is to be changed: <see cref="EnsembleConfig.Version"/>, or −1 for whichever it is.</summary>
    public long Version { get; init; } = -1;

    internal void Write(JuteWriter writer)
    {
        if (Members is null == (Joining.Count + Leaving.Count == 0))
            throw new ArgumentException("An EnsembleChange says either who joins or leaves, or who all the members are.");
        RequestRecord.Reconfig(
            writer,
            Encoding.UTF8.GetBytes(string.Join(',', Joining)),
            Encoding.UTF8.GetBytes(string.Join(',', Leaving.Select(static id => id.ToString(CultureInfo.InvariantCulture)))),
            Encoding.UTF8.GetBytes(string.Join(',', Members ?? [])),
            Version);
    }
}
