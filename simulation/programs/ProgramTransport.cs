using System.Globalization;
using Quorate.Client;

namespace Quorate.Simulation.Programs;

/// <summary>
/// Takes a <see cref="ZooClient"/> from a simulated computer to the members of its world: host <c>member-2</c> is member 2.
/// </summary>
internal sealed class ProgramTransport(ProgramComputer computer, Life life) : ClientTransport
{
    private const string Prefix = "member-";

    public override TimeProvider Time => computer.Time;

    /// <summary>Where all members are.</summary>
    public static string ConnectionString(int members) => string.Join(',', Enumerable.Range(1, members).Select(static id =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{id}:2181")));

    public override IClientLink Connect(ServerAddress server, ILinkOwner owner)
    {
        life.Stage.Demand(life.Name);
        if (server.Host.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(server.Host.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && id >= 1 && id <= computer.World.Members.Length)
            return computer.Connect(computer.World.Members[id - 1], owner);
        var reason = $"there is no {server.Host} in this world; its members are {Prefix}1 to {Prefix}{computer.World.Members.Length}";
        life.Post(_ => owner.Closed(reason), null);
        return new Nowhere();
    }

    protected override void Run(IThreadPoolWorkItem work) => life.Post(static work => ((IThreadPoolWorkItem)work!).Execute(), work);

    /// <summary>A connection to nobody.</summary>
    private sealed class Nowhere : IClientLink
    {
        public void Send(ReadOnlySpan<byte> bytes) { }

        public void Close() { }
    }
}
