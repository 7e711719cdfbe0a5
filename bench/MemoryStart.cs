using System.Diagnostics;
using System.Globalization;
using Quorate.Hosts.Memory;

namespace Quorate.Bench;

/// <summary>How long the first in-memory server of a process takes, whose code is compiled on the way, and how long the ones after it take.</summary>
internal static class MemoryStart
{
    private const int More = 100;

    public static int Run()
    {
        var first = Start();
        var second = Start();
        var times = new double[More];
        for (var i = 0; i < More; i++)
            times[i] = Start();
        Array.Sort(times);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"first {first:f1} ms, second {second:f1} ms, median of the next {More} {times[More / 2]:f2} ms, longest {times[^1]:f2} ms"));
        return 0;
    }

    private static double Start()
    {
        var begun = Stopwatch.GetTimestamp();
        using var ensemble = MemoryEnsemble.Start();
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }
}
