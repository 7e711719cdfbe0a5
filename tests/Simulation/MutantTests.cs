using System.Diagnostics;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Simulations;

/// <summary>
/// The ordinary swarm finds the planted bugs, each at the seed where it was found once; the kernel as it ships passes the same seeds. One process
/// plays them all (<c>quorate-mutants --replay</c>); a seed that has drifted is looked for anew.
/// </summary>
public sealed class MutantTests(MutantTests.Replay replay) : IClassFixture<MutantTests.Replay>
{
    /// <summary>The names on record.</summary>
    public static TheoryData<string> Recorded => [.. File.ReadLines(Record).Where(static line => line[0] != '#').Select(static line => line.Split(' ')[0])];

    private static string Record => Path.Combine(Root.FullName, "tests", "mutants", "catches.txt");

    private static DirectoryInfo Root
    {
        get
        {
            // hosts/quorate/bin/[configuration]/[framework]/quorate.dll
            var command = new FileInfo(QuorateProcess.CommandFile()).Directory!;
            return command.Parent!.Parent!.Parent!.Parent!.Parent!;
        }
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public void The_swarm_catches(string mutant)
    {
        var told = replay.Lines.Find(line => line.StartsWith(mutant + " ", StringComparison.Ordinal)) ?? $"Nothing was told: {replay.Errors}";
        Assert.Contains(" caught by ", told, StringComparison.Ordinal);
    }

    [Fact]
    public void At_least_twenty_five_bugs_are_planted_and_every_one_is_on_record()
    {
        var planted = File.ReadAllLines(Path.Combine(Root.FullName, "kernel", "ground", "Mutant.cs"))
            .Count(static line => line.Contains("[Planted(", StringComparison.Ordinal));
        Assert.InRange(planted, 25, int.MaxValue);
        Assert.Equal(planted, Recorded.Count);
    }

    [Fact]
    public async Task The_table_in_the_README_is_the_record()
    {
        var (code, table, errors) = await Run("--table");
        Assert.True(code == 0, errors);
        Assert.Contains(table.ReplaceLineEndings("\n"), await File.ReadAllTextAsync(
            Path.Combine(Root.FullName, "simulation", "README.md"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_kernel_as_it_ships_is_not_caught() => Assert.Equal(1, (await Run("None", "--seeds", "3", "--members", "1")).Code);

    [Fact]
    public async Task A_mutant_that_does_not_exist_is_no_catch() => Assert.Equal(2, (await Run("Unheard")).Code);

    /// <summary>Runs the program that has the planted bugs in it.</summary>
    internal static async Task<(int Code, string Output, string Errors)> Run(params string[] arguments)
    {
        var cancel = TestContext.Current.CancellationToken;
        var command = new FileInfo(QuorateProcess.CommandFile()).Directory!;
        var program = Path.Combine(Root.FullName, "tests", "mutants", "bin", command.Parent!.Name, command.Name, "quorate-mutants.dll");
        var start = new ProcessStartInfo(Tools.Dotnet, [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>What the replay of the record told.</summary>
    public sealed class Replay : IAsyncLifetime
    {
        /// <summary>A line for each planted bug.</summary>
        public List<string> Lines { get; } = [];

        /// <summary>What it told besides.</summary>
        public string Errors { get; private set; } = "";

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            (_, var output, Errors) = await Run("--replay", "--jobs", "2");
            Lines.AddRange(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }

        /// <inheritdoc/>
        public ValueTask DisposeAsync() => default;
    }
}
