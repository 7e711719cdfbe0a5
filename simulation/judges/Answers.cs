using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>Compares what was answered with what should have been.</summary>
internal static class Answers
{
    /// <summary>The first difference in words; null when there is none. Names may come in any order.</summary>
    public static string? Difference(Answer expected, Answer actual)
    {
        if (expected.Error != actual.Error)
            return $"{actual.Error} instead of {expected.Error}";
        if (expected.Error != ErrorCode.Ok)
            return null;
        if (expected.Path != actual.Path)
            return $"path {actual.Path} instead of {expected.Path}";
        if (expected.Stat != actual.Stat)
            return $"{actual.Stat} instead of {expected.Stat}";
        if ((expected.Data is null) != (actual.Data is null) || !expected.Data.AsSpan().SequenceEqual(actual.Data))
            return $"data {Text(actual.Data)} instead of {Text(expected.Data)}";
        if (!SameNames(expected.Names, actual.Names))
            return $"names {Text(actual.Names)} instead of {Text(expected.Names)}";
        if (!Equals(expected.Acl, actual.Acl))
            return $"ACL {actual.Acl} instead of {expected.Acl}";
        if (expected.Count != actual.Count)
            return $"count {actual.Count} instead of {expected.Count}";
        return DifferenceOfParts(expected.Parts, actual.Parts);
    }

    private static string? DifferenceOfParts(IReadOnlyList<Answer>? expected, IReadOnlyList<Answer>? actual)
    {
        if (expected?.Count != actual?.Count)
            return $"{actual?.Count} results instead of {expected?.Count}";
        for (var i = 0; i < expected?.Count; i++)
            if (Difference(expected[i], actual![i]) is { } difference)
                return $"result {i}: {difference}";
        return null;
    }

    private static bool SameNames(IReadOnlyList<string>? expected, IReadOnlyList<string>? actual)
    {
        if (expected is null || actual is null)
            return expected is null && actual is null;
        if (expected.Count != actual.Count)
            return false;
        var names = actual.ToArray();
        Array.Sort(names, StringComparer.Ordinal);
        var i = 0;
        foreach (var name in expected)
            if (names[i++] != name)
                return false;
        return true;
    }

    private static string Text(IReadOnlyList<string>? names) => names is null ? "none" : $"[{string.Join(' ', names)}]";

    private static string Text(byte[]? data) => data is null ? "null" : Convert.ToHexString(data);
}
