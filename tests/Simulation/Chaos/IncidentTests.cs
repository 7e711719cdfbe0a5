using Quorate.Client;
using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>
/// Incidents of other services' recipes that are ordinary code over the client here: worlds of the chaos kit instead of files, each with the
/// recipe that ships, and once with the mistake of the incident, which must be found.
/// </summary>
public class IncidentTests
{
    private const int Seeds = 10, SeedsOfMistakes = 40;

    [Fact]
    public void S_54_nobody_passes_a_closed_gate_whatever_wakes_him() =>
        Chaos.Check(Seeds, static world => Gates.World(world, static (client, path) => new DistributedBarrier(client, path).WaitAsync()));

    [Fact]
    public void S_54_who_passes_a_gate_because_something_woke_him_is_found() =>
        Caught("ClosedGate", static world => Gates.World(world, static async (client, path) =>
        {
            if (await client.WatchExistsAsync(path) is { Value: not null } closed)
                await closed.Changed;
        }));

    [Fact]
    public void S_54_a_round_begins_and_ends_for_all_whatever_wakes_them() =>
        Chaos.Check(Seeds, static world => Meeting.World(world, Meeting.Shipped));

    [Fact]
    public void S_54_who_begins_a_round_because_something_woke_him_is_found() =>
        Caught("Together", static world => Meeting.World(world, Meeting.Gullible));

    [Fact]
    public void S_55_a_kept_subtree_is_what_is_there_after_any_storm() =>
        Chaos.Check(Seeds, static world => KeptConfiguration.World(world, KeptConfiguration.Shipped));

    [Fact]
    public void S_55_who_does_not_read_anew_is_found() =>
        Caught("Kept", static world => KeptConfiguration.World(world, KeptConfiguration.Gullible));

    /// <summary>Some early seed finds the mistake, and says so in the words of its requirement.</summary>
    private static void Caught(string verdict, Func<ChaosWorld, Task> world)
    {
        for (ulong seed = 1; seed <= SeedsOfMistakes; seed++)
            if (new ChaosRun(world, seed).Run().Violation is { } found)
            {
                TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}: {found.Judge}: {found.Text}");
                Assert.Equal(verdict, found.Judge);
                return;
            }
        Assert.Fail($"No seed up to {SeedsOfMistakes} found it.");
    }
}
