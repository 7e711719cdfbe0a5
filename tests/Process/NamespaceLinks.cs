using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Quorate.Tests.Crashes;

/// <summary>
/// Members in network namespaces of their own, with a cable between any two and one to the test. A cable that is cut is pulled: packets vanish,
/// and neither end hears that the other is gone.
/// </summary>
internal sealed class NamespaceLinks : Links
{
    private readonly string _name = $"qt{Random.Shared.Next(0x1000, 0xffff):x}";
    private readonly string _network = string.Create(CultureInfo.InvariantCulture, $"198.18.{Random.Shared.Next(256)}");
    private readonly int[] _ports;

    private NamespaceLinks(int[] ports) => _ports = ports;

    /// <summary>Lays the cables; skips the test where that is not allowed.</summary>
    public static NamespaceLinks Need(int[] ports)
    {
        var links = Lay(ports, out var trouble);
        Assert.SkipWhen(links is null, $"network namespaces are not allowed here: {trouble}");
        return links!;
    }

    /// <summary>Lays the cables; null where that is not allowed.</summary>
    public static NamespaceLinks? Lay(int[] ports, out string trouble)
    {
        trouble = "they are Linux's";
        if (!OperatingSystem.IsLinux())
            return null;
        var links = new NamespaceLinks(ports);
        (var exit, trouble) = Shell(string.Join('\n', links.Layout()));
        if (exit == 0)
            return links;
        links.Dispose();
        return null;
    }

    public override IPAddress AddressOf(int member) => IPAddress.Parse(Address(member));

    public override string NamespaceOf(int member) => $"{_name}-{member}";

    public override int PortOf(int member, int caller) => _ports[member];

    public override void Cut(int one, int other) => Do($"ip -n {NamespaceOf(one)} link set to{other} down");

    public override void Mend(int one, int other) => Do(string.Join('\n', Raise(one, other)));

    public override void Dispose()
    {
        for (var member = 0; member < Members; member++)
            Shell($"ip netns del {NamespaceOf(member)}");
    }

    private IEnumerable<string> Layout()
    {
        yield return "set -e";
        for (var member = 0; member < Members; member++)
        {
            var own = NamespaceOf(member);
            yield return $"ip netns add {own}";
            yield return $"ip -n {own} link set lo up";
            yield return $"ip -n {own} address add {Address(member)}/32 dev lo";
            yield return $"ip link add {_name}{member} type veth peer name test netns {own}";
            yield return $"ip address add {Address(Members)}/32 dev {_name}{member}";
            yield return $"ip link set {_name}{member} up";
            yield return $"ip route add {Address(member)} dev {_name}{member}";
            yield return $"ip -n {own} link set test up";
            yield return $"ip -n {own} route add {Address(Members)} dev test src {Address(member)}";
        }
        for (var one = 0; one < Members; one++)
            for (var other = 0; other < one; other++)
            {
                yield return $"ip -n {NamespaceOf(one)} link add to{other} type veth peer name to{one} netns {NamespaceOf(other)}";
                foreach (var line in Raise(one, other).Concat(Raise(other, one)))
                    yield return line;
            }
    }

    private IEnumerable<string> Raise(int one, int other) =>
    [
        $"ip -n {NamespaceOf(one)} link set to{other} up",
        $"ip -n {NamespaceOf(one)} route replace {Address(other)} dev to{other} src {Address(one)}",
    ];

    /// <summary>Of a member; behind the last one, of the test.</summary>
    private string Address(int member) => string.Create(CultureInfo.InvariantCulture, $"{_network}.{member + 1}");

    private static void Do(string lines)
    {
        var (exit, said) = Shell(lines);
        Assert.True(exit == 0, said);
    }

    private static (int Exit, string Said) Shell(string lines)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", lines]) { RedirectStandardError = true })!;
        var said = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        return (shell.ExitCode, said.Trim());
    }
}
