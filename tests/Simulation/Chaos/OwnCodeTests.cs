using Quorate.Client;
using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>Ordinary asynchronous code with the client of production, in a simulated world.</summary>
public class OwnCodeTests
{
    [Fact]
    public void A_program_creates_reads_and_watches_as_it_would_over_TCP()
    {
        var finished = 0;
        Chaos.Check(seeds: 2, async world =>
        {
            var ensemble = world.Ensemble(members: 3);
            world.Computer("writer").Run(async computer =>
            {
                await using var client = await computer.Connect(ensemble);
                await client.CreateAsync("/a", "1"u8.ToArray());
                await Task.Delay(TimeSpan.FromSeconds(5), computer.Time);
                await client.SetDataAsync("/a", "2"u8.ToArray());
            });
            world.Computer("reader").Run(async computer =>
            {
                await using var client = await computer.Connect(ensemble);
                var there = await client.WatchExistsAsync("/a");
                if (there.Value is null)
                    await there.Changed;
                var before = await client.WatchDataAsync("/a");
                Assert.Equal("1"u8.ToArray(), before.Value.Data);
                await Task.WhenAny(before.Changed, Task.Delay(TimeSpan.FromMinutes(1), computer.Time));
                Assert.True(before.Changed.IsCompletedSuccessfully);
                Assert.Equal("2"u8.ToArray(), (await client.GetDataAsync("/a")).Data);
                finished++;
            });
            await world.Calm(TimeSpan.FromSeconds(30));
        });
        Assert.Equal(3, finished);   // the first seed runs twice
    }
}
