using System.Globalization;
using System.Text;
using Quorate.Hosts.Memory;
using Quorate.Kernel;

namespace Quorate.Tests.Ensembles;

/// <summary>What tests of changing members have in common.</summary>
internal static class Changing
{
    public const string Config = "/zookeeper/config";

    /// <summary>reconfig is switched on, and there is a super user: super:secret.</summary>
    public static Settings Settings { get; } = new() { ReconfigEnabled = true, SuperDigest = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=" };

    /// <summary>A server as a reconfig names it.</summary>
    public static string Line(int id, string role = "participant") =>
        string.Create(CultureInfo.InvariantCulture, $"server.{id}=member-{id}:2888:3888:{role};2181");

    /// <summary>The super user, connected to a member.</summary>
    public static MemoryClient Operator(this Trio trio, MemoryMember member)
    {
        var client = trio.Connect(member);
        client.BecomeSuper();
        return client;
    }

    /// <summary>The lines of /zookeeper/config, as a client of a member reads them.</summary>
    public static string[] Configuration(this Trio trio, MemoryMember member)
    {
        var client = trio.Connect(member);
        client.Await(client.BeginSync());
        return Encoding.UTF8.GetString(client.Await(client.BeginGet(Config)).Data).Split('\n');
    }

    /// <summary>A member that serves and does not lead.</summary>
    public static MemoryMember Serving(this Trio trio) => trio.Members.First(member => !member.IsDown && !member.Leads && member.State == ServerState.Serving);
}
