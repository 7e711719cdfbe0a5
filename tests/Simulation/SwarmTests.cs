using System.Globalization;
using Quorate.Simulation;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Simulations;

/// <summary>The ordinary swarm: three hundred seeds in every run of the tests, and a share of them played again, here and in a fresh process.</summary>
public class SwarmTests
{
    private const ulong Seeds = 100, AgainEvery = 10;

    [Theory]
    [InlineData(1), InlineData(3), InlineData(5)]
    public void No_seed_breaks_a_property_and_every_tenth_runs_twice_the_same_way(int members)
    {
        var found = new List<string>();
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var outcome = Outcome.Of(Swarm.Expand(seed, members));
            if (outcome.Violation is { } violation)
                found.Add($"quorate simulate --seed {seed} --members {members}: {violation}");
            if (seed % AgainEvery == 0 && Outcome.Of(Swarm.Expand(seed, members)).Digest != outcome.Digest)
                found.Add($"quorate simulate --seed {seed} --members {members}: a second run has another digest.");
        }
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    [Theory]
    [InlineData(5, 1), InlineData(15, 3), InlineData(25, 5)]
    public async Task A_fresh_process_runs_a_seed_the_same_way(int seed, int members)
    {
        var (code, output, errors) = await QuorateProcess.Run(TestContext.Current.CancellationToken,
            "simulate", "--seed", seed.ToString(CultureInfo.InvariantCulture), "--members", members.ToString(CultureInfo.InvariantCulture));
        Assert.True(code == 0, output + errors);
        Assert.Contains(Outcome.Of(Swarm.Expand((ulong)seed, members)).Digest, output, StringComparison.Ordinal);
    }
}
