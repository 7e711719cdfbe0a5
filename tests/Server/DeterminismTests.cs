using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Servers;

/// <summary>P1: the same inputs and the same seed have the same effects, byte for byte.</summary>
public class DeterminismTests
{
    [Fact]
    public void The_same_life_twice_has_the_same_effects_byte_for_byte() =>
        Gen.ULong.Sample(seed =>
        {
            Assert.Equal(Live(seed, seed), Live(seed, seed));
            Assert.NotEqual(Live(seed, seed), Live(seed, seed + 1));
        }, iter: 30);

    /// <summary>Clients that do a little of everything while the disk is now slow, now fast, and the server is killed once.</summary>
    private static string Live(ulong inputs, ulong seed)
    {
        var dice = new Dice(inputs);
        var world = new World(
            new() { SnapshotEveryEntries = 20, SegmentBytes = 8192, ContainerCheckInterval = TimeSpan.FromSeconds(1) },
            new() { SnapshotBytesInFlight = 1, RequestsPerConnection = 8, ZxidCounter = 100, LogRingBytes = 8 << 20, LogRingEntries = 64 },
            seed, taped: true);
        world.Start();
        var clients = Enumerable.Range(0, 4).Select(i => world.Client(timeout: 4000 + 1000 * i)).ToArray();
        for (var i = 0; i < 150; i++)
        {
            ref var client = ref clients[dice.Below(4)];
            if (client.IsGone)
                client = world.Client(timeout: 4000);
            Ask(client, dice);
            world.SlowDisk = dice.Below(3) == 0;
            client.Go();
            world.Finish((int)dice.Below(4));
            world.Wait(TimeSpan.FromMilliseconds(dice.Below(200)));
            if (i != 75)
                continue;
            world.SlowDisk = false;
            world.KillAndRestart();
        }
        return world.Tape;
    }

    private static void Ask(WorldClient client, Dice dice)
    {
        for (var left = dice.Below(5) + 1; left > 0; left--)
        {
            var path = $"/n{dice.Below(8)}";
            _ = dice.Below(9) switch
            {
                0 => client.Create(path, "data"),
                1 => client.Ephemeral(path),
                2 => client.Create(path, "", 4),
                3 => client.Delete(path),
                4 => client.Set(path, $"{dice.Next()}"),
                5 => client.Get(path, watch: true),
                6 => client.Children("/", watch: true),
                7 => client.Sync(path),
                _ => client.Ping(),
            };
        }
    }
}
