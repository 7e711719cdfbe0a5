using System.Diagnostics;
using System.Globalization;
using Quorate.Kernel.Ground;
using Quorate.Simulation;

namespace Quorate.Planted;

/// <summary>
/// Hunts a planted bug with the ordinary swarm: <c>quorate-mutants NAME FIRST [SEEDS] [MEMBERS]</c>. Exit code 0: it was caught. 1: it survived
/// (for None, which is the kernel as it ships, that is how it should be). 2: there is no such bug; the names are listed.
/// </summary>
internal static class Program
{
    private const int Caught = 0, Survived = 1, Unknown = 2;

    private static int Main(string[] arguments)
    {
        if (arguments is ["shrink", ..])
            return Dissection.Run(arguments.AsSpan(1));
        if (arguments.Length < 2 || !Enum.TryParse<Mutants>(arguments[0], out var mutant))
        {
            Console.Error.WriteLine($"One of {string.Join(", ", Enum.GetNames<Mutants>())}, a first seed, how many seeds, how many members.");
            return Unknown;
        }
        Mutant.Active = mutant;
        var first = ulong.Parse(arguments[1], CultureInfo.InvariantCulture);
        var seeds = arguments.Length > 2 ? ulong.Parse(arguments[2], CultureInfo.InvariantCulture) : 1;
        int? members = arguments.Length > 3 ? int.Parse(arguments[3], CultureInfo.InvariantCulture) : null;
        var clock = Stopwatch.StartNew();
        for (var seed = first; seed < first + seeds; seed++)
        {
            if (Outcome.Of(Swarm.Expand(seed, members)).Violation is not { } violation)
                continue;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{mutant} seed {seed} {violation.Judge} at {violation.At} after {clock.Elapsed.TotalSeconds:0.0} s: {violation.Text}"));
            return Caught;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{mutant} survived {seeds} seeds from {first} on, {clock.Elapsed.TotalSeconds:0.0} s"));
        return Survived;
    }
}
