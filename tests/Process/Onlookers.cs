using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Crashes;

/// <summary>
/// Other people's clients: a script runs three of them, which know all members, each connected to another one at first. They write and read on
/// until they are told that it is over, each in one session, and say how often each was disconnected; here it is kept how often that must be.
/// </summary>
internal sealed partial class Onlookers
{
    private const int Timeout = 60_000;
    private const int Clients = 3;

    private static readonly TimeSpan ScriptPatience = TimeSpan.FromSeconds(600);

    private readonly Trio _trio;
    private readonly string _root;
    private readonly Task<string> _script;
    private readonly long[] _sessions = new long[Clients];
    private readonly int[] _expected = new int[Clients];

    private Onlookers(Trio trio, string root, Task<string> script) => (_trio, _root, _script) = (trio, root, script);

    /// <summary>Starts a script, and waits until its clients are at work.</summary>
    /// <param name="trio">All of them must serve.</param>
    /// <param name="root">The znode that the script works below.</param>
    /// <param name="command">How it is started, with what clients are to connect to.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<Onlookers> Start(Trio trio, string root, Func<string, ProcessStartInfo> command, CancellationToken cancel)
    {
        var endpoints = string.Join(',', trio.Members.Select(static member => member.Endpoint));
        var onlookers = new Onlookers(trio, root, Script.RunToVerdict(command(endpoints), cancel, ScriptPatience));
        using var client = await RawClient.Connect(trio.Members[0], Timeout, cancel);
        await onlookers.Until(async () => (await client.Exists(root + "/ready", cancel)).Error == 0, "the script is ready", cancel);
        for (var i = 0; i < Clients; i++)
            onlookers._sessions[i] = (await client.Exists($"{root}/mine-{i}", cancel)).EphemeralOwner;
        return onlookers;
    }

    /// <summary>Which clients are connected to a member, by their numbers.</summary>
    public async Task<int[]> At(ServerProcess member, CancellationToken cancel)
    {
        string? listing = null;
        // The connection that asks is listed in any case, once the member serves.
        await _trio.Until(
            async () => (listing = await member.Word("cons", cancel))?.Contains('[', StringComparison.Ordinal) == true, "connections are listed", cancel);
        var connected = Session().Matches(listing!)
            .Select(static match => long.Parse(match.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToHashSet();
        return [.. Enumerable.Range(0, Clients).Where(i => connected.Contains(_sessions[i]))];
    }

    /// <summary>Each client of a member is about to be disconnected, once.</summary>
    public async Task ExpectEnd(ServerProcess member, CancellationToken cancel)
    {
        foreach (var i in await At(member, cancel))
            _expected[i]++;
    }

    /// <summary>Waits until every client has had a few more writes acknowledged.</summary>
    public Task AllGoOn(CancellationToken cancel) => GoOn([], _trio.Members, cancel);

    /// <summary>Waits until every client has had a few more writes acknowledged, but for those of a member that nobody hears of.</summary>
    public async Task OthersGoOn(int[] waiting, ServerProcess lonely, CancellationToken cancel) => await GoOn(waiting, _trio.Others(lonely), cancel);

    /// <summary>Lets the script end, and judges what it says.</summary>
    public async Task End(CancellationToken cancel)
    {
        using (var client = await RawClient.Connect(_trio.Members[0], Timeout, cancel))
            Assert.Equal(0, (await client.Create(_root + "/over", [], 0, cancel)).Error);
        var counted = Counts().Matches(await _script).Select(static match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        Assert.Equal(_expected, counted);
        Assert.NotEqual(0, _expected.Sum());
    }

    private async Task GoOn(int[] but, IReadOnlyList<ServerProcess> members, CancellationToken cancel)
    {
        const int AFew = 5;
        var leader = await _trio.Leader(cancel, [.. members]);
        using var client = await RawClient.Connect(leader, Timeout, cancel);
        foreach (var i in Enumerable.Range(0, Clients).Except(but))
        {
            var enough = await Counter(client, i, cancel) + AFew;
            await Until(async () => await Counter(client, i, cancel) >= enough, $"client {i} goes on", cancel);
        }
    }

    private async Task<int> Counter(RawClient client, int number, CancellationToken cancel) =>
        int.Parse(Encoding.ASCII.GetString((await client.Get($"{_root}/counter-{number}", cancel)).Data), CultureInfo.InvariantCulture);

    private async Task Until(Func<Task<bool>> condition, string what, CancellationToken cancel)
    {
        await _trio.Until(async () => _script.IsCompleted || await condition(), what, cancel);
        if (_script.IsCompleted)
            Assert.Fail($"It ended: {await _script}");
    }

    [GeneratedRegex(@"^client \d disconnected (\d+)\r?$", RegexOptions.Multiline)]
    private static partial Regex Counts();

    [GeneratedRegex("sid=0x([0-9a-f]+)")]
    private static partial Regex Session();
}
