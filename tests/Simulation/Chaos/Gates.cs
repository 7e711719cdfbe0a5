using Quorate.Client;
using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>
/// S-54 for the simple barrier: gates are closed and opened, some wait in front of them, somebody else writes to their znodes, and connections
/// break. Nobody may pass a gate that nobody has begun to open.
/// </summary>
internal sealed class Gates
{
    private readonly HashSet<int> _lifted = [];
    private int _made, _closed, _passed;
    private string? _trouble;

    private static string PathOf(int gate) => $"/gates/gate-{gate}";

    /// <summary>The world.</summary>
    /// <param name="world">Where.</param>
    /// <param name="wait">How one waits in front of a gate.</param>
    public static async Task World(ChaosWorld world, Func<ZooClient, string, Task> wait)
    {
        var (gates, ensemble) = (new Gates(), world.Ensemble(members: 3));
        world.Computer("keeper").Run(async computer =>
        {
            await using var client = await computer.Connect(ensemble);
            await gates.Keep(client, computer.Time);
        });
        foreach (var name in (string[])["waiter-1", "waiter-2"])
            world.Computer(name).Run(async computer =>
            {
                await using var client = await computer.Connect(ensemble);
                await gates.Pass(client, computer, wait);
            });
        world.Computer("scribbler").Run(async computer =>
        {
            await using var client = await computer.Connect(ensemble);
            await gates.Scribble(client, computer.Time);
        });

        await world.Storm(Faults.All, TimeSpan.FromMinutes(2));
        var before = gates._passed;
        await world.Calm(TimeSpan.FromMinutes(1));
        world.Require(
            Requirement.That("ClosedGate", () => gates._trouble),
            Requirement.That("OpenGate", () => gates._passed > before + 2 ? null : "Nobody passed the gates that were opened in the calm."));
    }

    /// <summary>A gate has a path of its own, so that a request of an earlier life, long on its way, concerns none but that one.</summary>
    private async Task Keep(ZooClient client, TimeProvider time)
    {
        while (true)
        {
            for (var gate = 1; gate <= _made; gate++)
                if (_lifted.Add(gate) || gate == _made)
                    await new DistributedBarrier(client, PathOf(gate)).LiftAsync();
            var next = ++_made;
            await new DistributedBarrier(client, PathOf(next)).RaiseAsync();
            _closed = next;
            await Task.Delay(TimeSpan.FromSeconds(3), time);
        }
    }

    private async Task Pass(ZooClient client, ChaosComputer computer, Func<ZooClient, string, Task> wait)
    {
        var last = 0;
        while (true)
        {
            var gate = _closed;
            if (gate == last || _lifted.Contains(gate))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), computer.Time);
                continue;
            }
            last = gate;
            await client.SyncAsync();   // a member that is behind may not know of the gate yet
            await wait(client, PathOf(gate));
            _passed++;
            if (!_lifted.Contains(gate))
                _trouble ??= $"{computer.Name} passed gate {gate}, which nobody had begun to open.";
        }
    }

    private async Task Scribble(ZooClient client, TimeProvider time)
    {
        while (true)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(400), time);
            try
            {
                await client.SetDataAsync(PathOf(_closed), "scribbled"u8.ToArray());
            }
            catch (NoNodeException)
            {
                // It is open.
            }
        }
    }
}
