using System.Diagnostics;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Simulations;

/// <summary>The ordinary swarm finds the planted bugs, each at a seed where it was found once; the kernel as it ships passes the same seeds.</summary>
public class MutantTests
{
    [Theory]
    [InlineData("RepliesBeforeFlush", 1, 1)]
    [InlineData("JournalNotFlushed", 1, 1)]
    [InlineData("TouchForgotten", 2, 1)]
    [InlineData("TrimmedTooEarly", 705, 1)]
    public async Task The_swarm_catches(string mutant, int seed, int members)
    {
        var (code, output) = await Hunt(mutant, seed, members);
        Assert.True(code == 0, output);
        (code, output) = await Hunt("None", seed, members);
        Assert.True(code == 1, output);
    }

    [Fact]
    public async Task A_mutant_that_does_not_exist_is_no_catch() => Assert.Equal(2, (await Hunt("Unheard", 1, 1)).Code);

    private static async Task<(int Code, string Output)> Hunt(string mutant, int seed, int members)
    {
        var cancel = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo(Tools.Dotnet) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (object[])[Program(), mutant, seed, 1, members])
            start.ArgumentList.Add(FormattableString.Invariant($"{argument}"));
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, output);
    }

    private static string Program()
    {
        // hosts/quorate/bin/[configuration]/[framework]/quorate.dll says where this one is.
        var command = new FileInfo(QuorateProcess.CommandFile()).Directory!;
        var (framework, configuration) = (command.Name, command.Parent!.Name);
        var root = command.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, "tests", "mutants", "bin", configuration, framework, "quorate-mutants.dll");
    }
}
