namespace Quorate.Kernel.Recipes;

/// <summary>Whose names the znodes of a queue bear, so that programs written with another library can stand in the same queue.</summary>
public enum QueueLayout : byte
{
    /// <summary>Those of Curator's LeaderLatch, InterProcessMutex and InterProcessReadWriteLock: <c>_c_UUID-latch-0000000000</c>.</summary>
    Curator,
    /// <summary>Those of kazoo's Election, Lock, ReadLock and WriteLock: <c>UUID__lock__0000000000</c>.</summary>
    Kazoo,
}

/// <summary>Who waits for whom in a queue of sequential znodes, and what the znodes are called.</summary>
/// <remarks>
/// A znode's name is a prefix that nobody else uses, a marker that says what it is in the queue for, and the number that the service gave
/// it. Who stands ahead and bears a marker that excludes one's own is in the way; it is one's turn when fewer than <see cref="Places"/>
/// are.
/// </remarks>
public sealed class Discipline
{
    private static readonly byte[] Latch = "latch-"u8.ToArray();
    private static readonly byte[] CuratorLock = "lock-"u8.ToArray();
    private static readonly byte[] CuratorRead = "__READ__"u8.ToArray();
    private static readonly byte[] CuratorWrite = "__WRIT__"u8.ToArray();
    private static readonly byte[] KazooLock = "__lock__"u8.ToArray();
    private static readonly byte[] KazooRead = "__rlock__"u8.ToArray();
    private static readonly byte[] Lease = "lease-"u8.ToArray();

    private readonly byte[] _marker;
    private readonly byte[][] _excluding;

    private Discipline(QueueLayout layout, byte[] marker, int places, params byte[][] excluding) =>
        (Layout, _marker, Places, _excluding) = (layout, marker, places, excluding);

    /// <summary>Whose names the znodes bear.</summary>
    public QueueLayout Layout { get; }

    /// <summary>For how many at once it can be their turn.</summary>
    public int Places { get; }

    /// <summary>One leader; the others wait in order.</summary>
    public static Discipline Election(QueueLayout layout = QueueLayout.Curator) =>
        layout == QueueLayout.Curator ? new(layout, Latch, 1, Latch) : Lock(layout);

    /// <summary>One holder; the others wait in order.</summary>
    public static Discipline Lock(QueueLayout layout = QueueLayout.Curator) =>
        layout == QueueLayout.Curator ? new(layout, CuratorLock, 1, CuratorLock) : new(layout, KazooLock, 1, KazooLock);

    /// <summary>Waits for all writers ahead, and for no reader.</summary>
    public static Discipline Read(QueueLayout layout = QueueLayout.Curator) =>
        layout == QueueLayout.Curator ? new(layout, CuratorRead, 1, CuratorWrite) : new(layout, KazooRead, 1, KazooLock);

    /// <summary>Waits for everybody ahead.</summary>
    public static Discipline Write(QueueLayout layout = QueueLayout.Curator) =>
        layout == QueueLayout.Curator
            ? new(layout, CuratorWrite, 1, CuratorWrite, CuratorRead)
            : new(layout, KazooLock, 1, KazooLock, KazooRead);

    /// <summary>So many holders at once; the others wait in order.</summary>
    public static Discipline Semaphore(int places)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(places, 1);
        return new(QueueLayout.Curator, Lease, places, Lease);
    }

    internal ReadOnlySpan<byte> Marker => _marker;

    /// <summary>The number of a znode that can be in the way; false for any other name.</summary>
    internal bool TryNumberOfRival(ReadOnlySpan<byte> name, out int number)
    {
#if MUTANTS
        if (Mutant.Is(Mutants.ReadersPassWriters) && (_marker == KazooRead || _marker == CuratorRead))
        {
            number = 0;
            return false;
        }
#endif
        foreach (var marker in _excluding)
            if (TryNumber(name, marker, out number))
                return true;
        number = 0;
        return false;
    }

    /// <summary>
    /// The number behind the last of a marker in a name: what stands there is all digits, or a minus sign and digits behind 2³¹ − 1.
    /// </summary>
    internal static bool TryNumber(ReadOnlySpan<byte> name, ReadOnlySpan<byte> marker, out int number)
    {
        number = 0;
        var at = name.LastIndexOf(marker);
        if (at < 0)
            return false;
        var digits = name[(at + marker.Length)..];
        // Ten characters, sign included, or eleven: as %010d writes them.
        return digits.Length is 10 or 11 && System.Buffers.Text.Utf8Parser.TryParse(digits, out number, out var used)
            && used == digits.Length;
    }

    /// <summary>Whether the number <paramref name="a"/> was given before <paramref name="b"/>.</summary>
    /// <remarks>
    /// The counter wraps behind 2³¹ − 1. A plain comparison would let the newer znode lead an older one that still holds, and its owner's
    /// token, which is the newer, would have the older owner refused for ever; so numbers are compared the short way round (S-48, B14).
    /// </remarks>
#if MUTANTS
    internal static bool IsEarlier(int a, int b) => Mutant.Is(Mutants.NumbersRunOver) ? a < b : unchecked(a - b) < 0;
#else
    internal static bool IsEarlier(int a, int b) => unchecked(a - b) < 0;
#endif
}
