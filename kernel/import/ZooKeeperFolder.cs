using System.Globalization;
using System.Text;

namespace Quorate.Kernel.Importing;

/// <summary>How a snapshot file is packed, by its suffix.</summary>
public enum Packing
{
    /// <summary>As it is.</summary>
    None,
    /// <summary>gzip; whoever reads the file unpacks it.</summary>
    Gzip,
    /// <summary>Snappy, which is not supported.</summary>
    Snappy,
}

/// <summary>A file of a <c>version-2</c> folder, by its name.</summary>
/// <param name="Name">The name.</param>
/// <param name="IsLog">Whether it is a transaction log, else a snapshot. A log may lie in a folder of its own.</param>
/// <param name="Zxid">A snapshot's last transaction for certain, a log's first one.</param>
/// <param name="Packing">How it is packed.</param>
public readonly record struct FolderFile(string Name, bool IsLog, Zxid Zxid, Packing Packing);

/// <summary>What the names in a <c>version-2</c> folder say: which snapshots there are, which logs, and which must be read when.</summary>
internal sealed class ZooKeeperFolder
{
    private readonly List<FolderFile> _snapshots = [];
    private readonly List<FolderFile> _logs = [];

    /// <summary>Sorts out the names; files that are neither snapshots nor logs are passed over.</summary>
    /// <param name="snapshotNames">The names in <c>dataDir/version-2</c>.</param>
    /// <param name="logNames">The names in <c>dataLogDir/version-2</c>: the same ones, unless logs have a folder of their own.</param>
    public ZooKeeperFolder(IEnumerable<string> snapshotNames, IEnumerable<string> logNames)
    {
        foreach (var name in snapshotNames)
            if (TryParse(name, out var file) && !file.IsLog)
                _snapshots.Add(file);
        foreach (var name in logNames)
            if (TryParse(name, out var file) && file.IsLog)
                _logs.Add(file);
        _snapshots.Sort(static (a, b) => a.Zxid != b.Zxid ? b.Zxid.CompareTo(a.Zxid) : a.Packing.CompareTo(b.Packing));
        _logs.Sort(static (a, b) => a.Zxid.CompareTo(b.Zxid));
    }

    /// <summary>The snapshots, newest first; of two with one number the one that is not packed.</summary>
    public IReadOnlyList<FolderFile> Snapshots => _snapshots;

    /// <summary>All logs, oldest first.</summary>
    public IReadOnlyList<FolderFile> Logs => _logs;

    /// <summary>The logs to replay on a state that ends with <paramref name="zxid"/>, in order.</summary>
    /// <remarks>A log is named by its first transaction: the one to begin with is the last whose name is not beyond the next one.</remarks>
    public IReadOnlyList<FolderFile> LogsAfter(Zxid zxid)
    {
        var first = _logs.FindLastIndex(log => log.Zxid.Value <= zxid.Value + 1);
        return _logs.GetRange(Math.Max(first, 0), _logs.Count - Math.Max(first, 0));
    }

    /// <summary>Reads a name: <c>snapshot.</c> or <c>log.</c>, a hexadecimal number, and for snapshots the suffix of a packing.</summary>
    public static bool TryParse(string name, out FolderFile file)
    {
        var isLog = name.StartsWith("log.", StringComparison.Ordinal);
        file = default;
        if (!isLog && !name.StartsWith("snapshot.", StringComparison.Ordinal))
            return false;
        var number = name.AsSpan(name.IndexOf('.', StringComparison.Ordinal) + 1);
        var dot = number.IndexOf('.');
        var packing = (dot < 0 ? "" : number[dot..]) switch
        {
            "" => Packing.None,
            ".gz" when !isLog => Packing.Gzip,
            ".snappy" when !isLog => Packing.Snappy,
            _ => (Packing?)null,
        };
        if (packing is null || !TryParseZxid(dot < 0 ? number : number[..dot], out var zxid))
            return false;
        file = new(name, isLog, zxid, packing.Value);
        return true;
    }

    /// <summary>Reads the decimal text of <c>acceptedEpoch</c>, <c>currentEpoch</c> or <c>myid</c>.</summary>
    public static bool TryParseNumber(ReadOnlySpan<byte> text, out long number) =>
        long.TryParse(Encoding.UTF8.GetString(text).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool TryParseZxid(ReadOnlySpan<char> hex, out Zxid zxid)
    {
        var good = long.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value);
        zxid = new(value);
        return good && value >= 0;
    }
}
