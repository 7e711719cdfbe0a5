using System.Globalization;
using System.Net;
using System.Reflection;
using Quorate.Hosts.Tcp;

namespace Quorate.Cli;

/// <summary>What a person needs when a server has started: where it is, where its data is, who else is there, how to connect.</summary>
internal static class Greeting
{
    public static void Write(ServerOptions options, IReadOnlyList<IPEndPoint> endpoints, IPEndPoint? peers)
    {
        var version = typeof(Greeting).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        var plain = options.Clients is null ? null : endpoints[0];
        Console.WriteLine($"Quorate {version?.Split('+')[0]} is {(peers is null ? "serving" : "up; it serves as soon as a majority of the members is")}.");
        if (plain is not null)
            Row("clients", Text(plain));
        if (options.SecureClients is not null)
            Row("clients", $"{Text(endpoints[^1])} (TLS)");
        Row("data", Path.GetFullPath(options.DataDir));
        if (options.DataLogDir is not null)
            Row("journal", Path.GetFullPath(options.DataLogDir));
        if (peers is null)
            Row("members", $"1, this one (id {options.Settings.Id})");
        else
            Row("members", $"{options.Settings.Ensemble.Count}, this one is {options.Settings.Id}; the others connect to {Text(peers)}");
        if (plain is not null)
            Row("connect", $"zkCli.sh -server {Reachable(plain)}");
    }

    private static void Row(string name, string value) => Console.WriteLine($"  {name,-9}{value}");

    private static string Text(IPEndPoint endpoint) =>
        IsAny(endpoint.Address) ? string.Create(CultureInfo.InvariantCulture, $"every address, port {endpoint.Port}") : endpoint.ToString();

    private static string Reachable(IPEndPoint endpoint) =>
        (IsAny(endpoint.Address) ? new IPEndPoint(IPAddress.Loopback, endpoint.Port) : endpoint).ToString();

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
