using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using Quorate.Kernel.Ground;

namespace Quorate.Planted;

/// <summary>
/// The record of what was caught where: <c>tests/mutants/catches.txt</c>, a line for each planted bug. The table in the simulator's README is made
/// from it.
/// </summary>
internal static class Book
{
    private const string Heading = "# What the swarm caught, where: bug, judge, seed, members, seconds, commit. Written by quorate-mutants --record.";
    private const string TableHead = "| planted bug | after | caught by | seed (members) | hunt | at |\n|---|---|---|---|---|---|\n";
    private static readonly Lock Gate = new();
    private static readonly string Root = FindRoot();

    /// <summary>The commit that the sources are at.</summary>
    public static string Commit { get; } = AskGit();

    private static string Catches => Path.Combine(Root, "tests", "mutants", "catches.txt");

    private static string Readme => Path.Combine(Root, "simulation", "README.md");

    /// <summary>All catches, in the order of the bugs; of those that are planted no more nothing is kept.</summary>
    public static List<Catch> Read() =>
        File.Exists(Catches) ? [.. File.ReadLines(Catches).Where(static line => Enum.IsDefined(typeof(Mutants), line.Split(' ')[0])).Select(Parse)] : [];

    /// <summary>Takes down a catch in place of an older one of the same bug, and tells the README.</summary>
    public static void Enter(Catch caught)
    {
        lock (Gate)
        {
            var all = Read();
            all.RemoveAll(old => old.Mutant == caught.Mutant);
            all.Add(caught);
            all.Sort(static (a, b) => a.Mutant.CompareTo(b.Mutant));
            File.WriteAllText(Catches, $"{Heading}\n{string.Concat(all.Select(static line => Print(line) + "\n"))}");
            var text = File.ReadAllText(Readme);
            var start = text.IndexOf("| planted bug |", StringComparison.Ordinal);
            var end = text.IndexOf("\n\n", start, StringComparison.Ordinal) + 1;
            File.WriteAllText(Readme, text[..start] + Table(all) + text[end..]);
        }
    }

    /// <summary>The README's table.</summary>
    public static string Table(IReadOnlyList<Catch> all)
    {
        var text = new StringBuilder(TableHead);
        foreach (var caught in all)
            text.Append(
                CultureInfo.InvariantCulture,
                $"| `{caught.Mutant}`: {caught.Mutant.Planted().What} | {caught.Mutant.Planted().After} | `{caught.Judge}` | {caught.Seed} ({caught.Members}) | {caught.Seconds} s | {caught.Commit} |\n");
        return text.ToString();
    }

    private static string Print(Catch caught) => string.Create(
        CultureInfo.InvariantCulture, $"{caught.Mutant} {caught.Judge} {caught.Seed} {caught.Members} {caught.Seconds} {caught.Commit}");

    private static Catch Parse(string line)
    {
        var words = line.Split(' ');
        return new(
            Enum.Parse<Mutants>(words[0]), words[1], ulong.Parse(words[2], CultureInfo.InvariantCulture), int.Parse(words[3], CultureInfo.InvariantCulture),
            double.Parse(words[4], CultureInfo.InvariantCulture), words[5]);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Kernel.sln")))
            folder = folder.Parent;
        return folder.FullName;
    }

    private static string AskGit()
    {
        var start = new ProcessStartInfo("git", ["-C", Root, "rev-parse", "--short", "HEAD"]) { RedirectStandardOutput = true };
        using var git = Process.Start(start)!;
        var commit = git.StandardOutput.ReadToEnd().Trim();
        git.WaitForExit();
        return commit.Length > 0 ? commit : "?";
    }
}
