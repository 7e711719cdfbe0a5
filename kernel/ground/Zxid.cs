using System.Globalization;

namespace Quorate.Kernel.Ground;

/// <summary>The number of a transaction: the epoch (Raft term) in the high 32 bits, a counter within it in the low 32.</summary>
/// <remarks>Compared as a signed 64-bit number, as ZooKeeper's clients do. A pure function of the log: design §6.1.</remarks>
public readonly record struct Zxid(long Value) : IComparable<Zxid>
{
    /// <summary>Before the first transaction.</summary>
    public static readonly Zxid Zero;

    /// <summary>The zxid with the given epoch and counter.</summary>
    public Zxid(Term epoch, uint counter) : this((long)(((ulong)epoch.Value << 32) | counter)) { }

    /// <summary>The term of the leader that numbered it.</summary>
    public Term Epoch => new((uint)((ulong)Value >> 32));

    /// <summary>The number within the epoch; the leader's opening entry is 0, the first transaction 1.</summary>
    public uint Counter => (uint)Value;

    /// <inheritdoc/>
    public int CompareTo(Zxid other) => Value.CompareTo(other.Value);

    /// <summary>Whether <paramref name="a"/> is before <paramref name="b"/>.</summary>
    public static bool operator <(Zxid a, Zxid b) => a.Value < b.Value;

    /// <summary>Whether <paramref name="a"/> is after <paramref name="b"/>.</summary>
    public static bool operator >(Zxid a, Zxid b) => a.Value > b.Value;

    /// <summary>Whether <paramref name="a"/> is not after <paramref name="b"/>.</summary>
    public static bool operator <=(Zxid a, Zxid b) => a.Value <= b.Value;

    /// <summary>Whether <paramref name="a"/> is not before <paramref name="b"/>.</summary>
    public static bool operator >=(Zxid a, Zxid b) => a.Value >= b.Value;

    /// <summary>ZooKeeper's form: hexadecimal with 0x.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x}");
}
