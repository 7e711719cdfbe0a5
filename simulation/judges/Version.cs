using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Judges;

/// <summary>A value from one zxid on, in front of what it was before: a chain through which any past state can be asked.</summary>
internal sealed class Version<T>(Zxid from, T? value, Version<T>? before) where T : class
{
    public Zxid From => from;

    public T? Value => value;

    public Version<T>? Before => before;
}

/// <summary>Reading such a chain, which may be empty.</summary>
internal static class Versions
{
    /// <summary>What it was once the transaction numbered <paramref name="zxid"/> had been applied. Cheap when that is not long ago.</summary>
    public static T? At<T>(this Version<T>? newest, Zxid zxid) where T : class
    {
        var version = newest;
        while (version is not null && version.From > zxid)
            version = version.Before;
        return version?.Value;
    }
}
