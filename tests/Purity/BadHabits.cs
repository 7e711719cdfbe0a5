using System.Diagnostics;

namespace Quorate.Tests.Purity;

/// <summary>One of each thing that the kernel must not do, so that the tests of purity can be seen to fail.</summary>
internal static class BadHabits
{
    public static int All()
    {
        var sum = HashCode.Combine(DateTime.UtcNow.Ticks, Stopwatch.GetTimestamp(), Environment.TickCount64);
        foreach (var (key, value) in new Dictionary<int, int> { [1] = new Random(1).Next() })
            sum ^= key ^ value;
        foreach (var element in new HashSet<int> { 1 })
            sum ^= element;
        return Task.CompletedTask.IsCompleted && File.Exists("/") ? sum : 0;
    }
}

internal class AsBase;

internal sealed class AsInterface;

internal sealed class AsField;

internal sealed class AsArgument;

internal sealed class AsTypeArgument;

internal readonly record struct AsLocal(int Value);

internal static class AsCall
{
    public static int Value => 1;
}

/// <summary>Refers to each of the types above in another way.</summary>
internal sealed class Referrer : AsBase, IComparable<AsInterface>
{
    public AsField? Field { get; init; }

    public static int Length(AsArgument[] argument) => argument.Length + AsCall.Value;

    public static int Local()
    {
        var local = default(AsLocal);
        return new List<AsTypeArgument?> { null }.Count + local.GetHashCode();
    }

    public int CompareTo(AsInterface? other) => 0;
}
