using System.Globalization;
using System.Text;
using Quorate.Client;
using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>
/// S-55: a subtree is kept at hand and changes as long as it storms, also while those who keep it are cut off and their sessions end. When nobody
/// changes it any more, all of them have what is there.
/// </summary>
internal static class KeptConfiguration
{
    private const string Path = "/configuration";
    private const int Parts = 4;

    /// <summary>The world.</summary>
    /// <param name="world">Where.</param>
    /// <param name="keep">Keeps the subtree, and tells with each look what it has.</param>
    public static async Task World(ChaosWorld world, Func<QuorateConnection, Func<string, Task>, Task> keep)
    {
        var ensemble = world.Ensemble(members: 3);
        var (kept, there, isStill) = (new SortedDictionary<string, string>(StringComparer.Ordinal), "", false);
        foreach (var name in (string[])["keeper-1", "keeper-2"])
            world.Computer(name).Run(async computer =>
            {
                await using var connection = new QuorateConnection(computer.Options(ensemble));
                await keep(connection, has =>
                {
                    kept[name] = has;
                    return Task.Delay(TimeSpan.FromSeconds(1), computer.Time);
                });
            });
        world.Computer("writer").Run(async computer =>
        {
            await using var client = await computer.Connect(ensemble);
            for (var number = 0; ; number++)
            {
                if (!isStill)
                    await Change(client, number);
                await Task.Delay(TimeSpan.FromMilliseconds(700), computer.Time);
            }
        });
        world.Computer("auditor").Run(async computer =>
        {
            await using var client = await computer.Connect(ensemble);
            while (true)
            {
                await client.SyncAsync();
                there = await Read(client);
                await Task.Delay(TimeSpan.FromSeconds(1), computer.Time);
            }
        });

        await world.Storm(Faults.All, TimeSpan.FromMinutes(2));
        isStill = true;
        await world.Calm(TimeSpan.FromMinutes(1));
        world.Require(Requirement.That("Kept", () =>
        {
            foreach (var (name, has) in kept)
                if (has != there)
                    return $"{name} has {has}, and there is {there}.";
            return kept.Count == 2 && there.Length > 0 ? null : "Nobody kept anything.";
        }));
    }

    /// <summary>The cache that ships.</summary>
    public static async Task Shipped(QuorateConnection connection, Func<string, Task> look)
    {
        await using var cache = await TreeCache.OpenAsync(connection, Path);
        while (true)
            await look(cache.IsCurrent ? Text(cache.Snapshot.Paths, path => cache.Snapshot[path]) : "not known");
    }

    /// <summary>One that reads once, and from then on what it is told of: a session that is over takes what was not told with it.</summary>
    public static async Task Gullible(QuorateConnection connection, Func<string, Task> look)
    {
        var has = "";
        _ = Follow();
        while (true)
            await look(has);

        async Task Follow()
        {
            await foreach (var client in connection.Sessions())
                try
                {
                    var watch = await Persistence.Persist(() => client.WatchAsync(Path, isRecursive: true));
                    if (has.Length == 0)
                        has = await Read(client);
                    await foreach (var _ in watch)
                        has = await Read(client);
                }
                catch (SessionExpiredException)
                {
                    // Another session follows.
                }
        }
    }

    private static async Task Change(ZooClient client, int number)
    {
        var value = Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
        var part = $"{Path}/part-{number % Parts}";
        await client.EnsureExistsAsync(Path);
        await client.SetDataAsync(Path, value);
        if (await client.ExistsAsync(part) is null)
            await client.CreateAsync(part, value);
        else
            await client.DeleteAsync(part);
    }

    /// <summary>What is there, as a text; of several moments while somebody changes it.</summary>
    private static async Task<string> Read(ZooClient client)
    {
        var names = await client.ListOrNone(Path, default);
        var found = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var path in names.Select(static name => $"{Path}/{name}").Prepend(Path))
            try
            {
                found[path] = (await Persistence.Persist(() => client.GetDataAsync(path))).Data;
            }
            catch (NoNodeException)
            {
                // Gone meanwhile.
            }
        return Text(found.Keys, path => found[path]);
    }

    private static string Text(IEnumerable<string> paths, Func<string, byte[]?> read) =>
        string.Join(", ", paths.Select(path => $"{path}={Encoding.ASCII.GetString(read(path) ?? [])}"));
}
