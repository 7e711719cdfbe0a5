using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Crashes;

/// <summary>
/// Other people's clients connected to all three members, while one after the other is killed or stopped and comes back: each client keeps its
/// session, reads what was acknowledged, and is disconnected exactly as often as the member it was connected to has ended.
/// </summary>
public sealed partial class TrioClientTests
{
    private const int Timeout = 60_000;
    private const int Clients = 3;

    private static readonly TimeSpan ScriptPatience = TimeSpan.FromSeconds(400);

    [Fact(Timeout = 420_000)]
    public async Task Kazoo_notices_only_the_end_of_the_member_it_is_connected_to()
    {
        Tools.NeedKazoo();
        await Watch("/kazoo-failover", endpoints => new(Tools.PythonWithKazoo!) { ArgumentList = { "-B", Script.PathOf("failover.py"), endpoints } },
            TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 420_000)]
    public async Task The_Java_client_notices_only_the_end_of_the_member_it_is_connected_to()
    {
        Tools.NeedCurator();
        var jars = $"{Tools.JarFolder}/zookeeper.jar:{Tools.JarFolder}/slf4j-nop.jar";
        await Watch("/java-failover", endpoints => new(Tools.Java!)
        {
            ArgumentList = { "-XX:TieredStopAtLevel=1", "-cp", jars, Script.PathOf("Failover.java"), endpoints },
        }, TestContext.Current.CancellationToken);
    }

    private static async Task Watch(string root, Func<string, ProcessStartInfo> command, CancellationToken cancel)
    {
        await using var trio = Trio.OfQuorate();
        await trio.Start(cancel);
        var script = Script.RunToVerdict(command(string.Join(',', trio.Members.Select(static member => member.Endpoint))), cancel, ScriptPatience);
        var sessions = await Sessions(trio, script, root, cancel);
        var expected = new int[Clients];
        foreach (var (isLeader, isKilled) in ((bool, bool)[])[(false, true), (true, true), (true, false), (false, false)])
        {
            var leader = await trio.Leader(cancel);
            var victim = isLeader ? leader : trio.Others(leader)[0];
            var homes = await Connected(trio, victim, cancel);
            for (var i = 0; i < Clients; i++)
                expected[i] += homes.Contains(sessions[i]) ? 1 : 0;
            await (isKilled ? victim.Kill() : victim.Terminate(cancel));
            await AllGoOn(trio, script, root, cancel);
            await trio.Restart(victim, cancel);
            await AllGoOn(trio, script, root, cancel);
        }
        using (var client = await RawClient.Connect(trio.Members[0].Port, Timeout, cancel))
            Assert.Equal(0, (await client.Create(root + "/over", [], 0, cancel)).Error);
        var counted = Counts().Matches(await script).Select(static match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        Assert.Equal(expected, counted);
        Assert.NotEqual(0, expected.Sum());
    }

    /// <summary>The sessions of the script's clients, when it is ready.</summary>
    private static async Task<long[]> Sessions(Trio trio, Task<string> script, string root, CancellationToken cancel)
    {
        using var client = await RawClient.Connect(trio.Members[0].Port, Timeout, cancel);
        await trio.Until(async () => script.IsCompleted || (await client.Exists(root + "/ready", cancel)).Error == 0, "the script is ready", cancel);
        if (script.IsCompleted)
            Assert.Fail($"It ended: {await script}");
        var sessions = new long[Clients];
        for (var i = 0; i < Clients; i++)
            sessions[i] = (await client.Exists($"{root}/mine-{i}", cancel)).EphemeralOwner;
        return sessions;
    }

    /// <summary>The sessions that are connected to a member.</summary>
    private static async Task<HashSet<long>> Connected(Trio trio, ServerProcess member, CancellationToken cancel)
    {
        string? listing = null;
        // The connection that asks is listed in any case, once the member serves.
        await trio.Until(async () => (listing = await member.Word("cons", cancel))?.Contains('[', StringComparison.Ordinal) == true, "connections are listed", cancel);
        return [.. Session().Matches(listing!).Select(static match => long.Parse(match.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
    }

    /// <summary>Waits until every client of the script has had a few more writes acknowledged.</summary>
    private static async Task AllGoOn(Trio trio, Task<string> script, string root, CancellationToken cancel)
    {
        const int AFew = 5;
        var leader = await trio.Leader(cancel);
        using var client = await RawClient.Connect(leader.Port, Timeout, cancel);
        for (var i = 0; i < Clients; i++)
        {
            var enough = await Counter(client, root, i, cancel) + AFew;
            await trio.Until(async () => script.IsCompleted || await Counter(client, root, i, cancel) >= enough, $"client {i} goes on", cancel);
            if (script.IsCompleted)
                Assert.Fail($"It ended: {await script}");
        }
    }

    private static async Task<int> Counter(RawClient client, string root, int number, CancellationToken cancel) =>
        int.Parse(Encoding.ASCII.GetString((await client.Get($"{root}/counter-{number}", cancel)).Data), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^client \d disconnected (\d+)\r?$", RegexOptions.Multiline)]
    private static partial Regex Counts();

    [GeneratedRegex("sid=0x([0-9a-f]+)")]
    private static partial Regex Session();
}
