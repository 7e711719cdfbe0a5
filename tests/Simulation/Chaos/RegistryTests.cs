using Quorate.Client;
using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>What outlives sessions lives in the simulated world as well: connections, registrations, a cached subtree.</summary>
public class RegistryTests
{
    [Fact]
    public void Whoever_is_registered_is_listed_again_after_any_storm() => Chaos.Check(seeds: 10, async world =>
    {
        var ensemble = world.Ensemble(members: 3);
        var listed = "nobody";
        foreach (var name in (string[])["copy-1", "copy-2", "copy-3"])
            world.Computer(name).Run(async computer =>
            {
                await using var connection = new QuorateConnection(computer.Options(ensemble));
                var endpoint = new Uri($"http://{computer.Name}:8080");
                await using var registration = await new ServiceRegistry(connection).Register(
                    new() { Service = "orderService", Id = computer.Name, Endpoint = endpoint });
                await Task.Delay(Timeout.InfiniteTimeSpan, computer.Time);
            });
        world.Computer("caller").Run(async computer =>
        {
            await using var connection = new QuorateConnection(computer.Options(ensemble));
            await using var view = await new ServiceRegistry(connection).Discover("orderService");
            while (true)
            {
                listed = string.Join(", ", view.Instances.Select(static instance => instance.Id).Order(StringComparer.Ordinal));
                await Task.Delay(TimeSpan.FromSeconds(1), computer.Time);
            }
        });

        await world.Storm(Faults.All, TimeSpan.FromMinutes(2));
        await world.Calm(TimeSpan.FromMinutes(1));
        world.Require(Requirement.That("EverybodyIsListed", () => listed == "copy-1, copy-2, copy-3" ? null : $"Listed is {listed}."));
    });
}
