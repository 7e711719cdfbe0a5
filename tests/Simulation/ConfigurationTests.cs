using System.Reflection;
using System.Runtime.Loader;
using Quorate.Simulation;
using Quorate.Tests.Hosts;
using Quorate.Tests.Packages;

namespace Quorate.Tests.Simulations;

/// <summary>
/// The simulator built the other way, Debug beside Release or Release beside Debug, runs every seed as the one here does: a seed that was
/// found in one can be looked at in the other.
/// </summary>
[Collection("alone")]
public sealed class ConfigurationTests
{
    private static readonly (ulong Seed, int Members)[] Seeds = [(5, 1), (15, 3), (25, 5)];

    [Fact]
    public async Task A_seed_runs_the_same_way_in_Debug_and_in_Release()
    {
        using var folder = new TempFolder();
        var other = DotnetCommand.Configuration == "Debug" ? "Release" : "Debug";
        // What other packages this needs has been found when the tests were built, and does not depend on how.
        await DotnetCommand.Run(DotnetCommand.Root, TestContext.Current.CancellationToken,
            "build", Path.Combine("simulation", "Quorate.Simulation.csproj"), "-c", other, "-o", folder["other"], "--no-restore", "-v", "q",
            "-p:RunAnalyzers=false", "-p:GenerateDocumentationFile=false");
        var simulation = new Other(folder["other"]).Simulation;
        Assert.NotEqual(typeof(Swarm).Assembly, simulation);
        Assert.NotEqual(IsOptimized(typeof(Swarm).Assembly), IsOptimized(simulation));
        foreach (var (seed, members) in Seeds)
            Assert.Equal(Outcome.Of(Swarm.Expand(seed, members)).Digest, DigestOf(simulation, seed, members));
    }

    private static string DigestOf(Assembly simulation, ulong seed, int members)
    {
        var scenario = simulation.GetType(typeof(Swarm).FullName!)!.GetMethod(nameof(Swarm.Expand))!.Invoke(null, [seed, members]);
        var outcome = simulation.GetType(typeof(Outcome).FullName!)!.GetMethod(nameof(Outcome.Of))!.Invoke(null, [scenario])!;
        return (string)outcome.GetType().GetProperty(nameof(Outcome.Digest))!.GetValue(outcome)!;
    }

    private static bool IsOptimized(Assembly assembly) =>
        assembly.GetCustomAttribute<System.Diagnostics.DebuggableAttribute>() is not { IsJITOptimizerDisabled: true };

    /// <summary>Takes everything of Quorate's from a folder, and the rest from where the tests have it.</summary>
    private sealed class Other(string folder) : AssemblyLoadContext
    {
        public Assembly Simulation => LoadFromAssemblyName(typeof(Swarm).Assembly.GetName());

        protected override Assembly? Load(AssemblyName name)
        {
            if (!name.Name!.StartsWith("Quorate.", StringComparison.Ordinal))
                return null;
            using var file = File.OpenRead(Path.Combine(folder, name.Name + ".dll"));
            return LoadFromStream(file);
        }
    }
}
