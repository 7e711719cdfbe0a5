using System.Globalization;

namespace Quorate.Kernel.Ground;

/// <summary>A member of the ensemble: ZooKeeper's <c>myid</c>, 1 to 255.</summary>
public readonly record struct ServerId(byte Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A client's session. 0 is none.</summary>
public readonly record struct SessionId(long Value)
{
    /// <summary>No session.</summary>
    public static readonly SessionId None;

    /// <summary>ZooKeeper's form: hexadecimal with 0x.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x}");
}

/// <summary>One client connection of one server; never reused while that server runs. 0 is none.</summary>
public readonly record struct ConnectionId(ulong Value)
{
    /// <summary>No connection.</summary>
    public static readonly ConnectionId None;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A Raft term: the number of an election, and the epoch of every zxid given under its leader.</summary>
public readonly record struct Term(uint Value) : IComparable<Term>
{
    /// <summary>The term that follows.</summary>
    public Term Next => new(checked(Value + 1));

    /// <inheritdoc/>
    public int CompareTo(Term other) => Value.CompareTo(other.Value);

    /// <summary>Whether <paramref name="a"/> is older than <paramref name="b"/>.</summary>
    public static bool operator <(Term a, Term b) => a.Value < b.Value;

    /// <summary>Whether <paramref name="a"/> is newer than <paramref name="b"/>.</summary>
    public static bool operator >(Term a, Term b) => a.Value > b.Value;

    /// <summary>Whether <paramref name="a"/> is not newer than <paramref name="b"/>.</summary>
    public static bool operator <=(Term a, Term b) => a.Value <= b.Value;

    /// <summary>Whether <paramref name="a"/> is not older than <paramref name="b"/>.</summary>
    public static bool operator >=(Term a, Term b) => a.Value >= b.Value;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The position of an entry in the log. The first entry has index 1; 0 is the empty log.</summary>
public readonly record struct LogIndex(ulong Value) : IComparable<LogIndex>
{
    /// <summary>The index before the first entry.</summary>
    public static readonly LogIndex Zero;

    /// <summary>Beyond every entry.</summary>
    public static readonly LogIndex Max = new(ulong.MaxValue);

    /// <summary>The index that follows.</summary>
    public LogIndex Next => new(Value + 1);

    /// <summary>The index before.</summary>
    public LogIndex Previous => new(checked(Value - 1));

    /// <inheritdoc/>
    public int CompareTo(LogIndex other) => Value.CompareTo(other.Value);

    /// <summary>Whether <paramref name="a"/> is before <paramref name="b"/>.</summary>
    public static bool operator <(LogIndex a, LogIndex b) => a.Value < b.Value;

    /// <summary>Whether <paramref name="a"/> is after <paramref name="b"/>.</summary>
    public static bool operator >(LogIndex a, LogIndex b) => a.Value > b.Value;

    /// <summary>Whether <paramref name="a"/> is not after <paramref name="b"/>.</summary>
    public static bool operator <=(LogIndex a, LogIndex b) => a.Value <= b.Value;

    /// <summary>Whether <paramref name="a"/> is not before <paramref name="b"/>.</summary>
    public static bool operator >=(LogIndex a, LogIndex b) => a.Value >= b.Value;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
