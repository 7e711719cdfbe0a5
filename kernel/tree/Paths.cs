using System.Buffers;
using System.Globalization;
using System.Text;

namespace Quorate.Kernel.Trees;

/// <summary>Paths as UTF-8 bytes: which are valid, where they split, how sequential names end. Semantics reference §2 and §5.</summary>
/// <remarks>
/// ZooKeeper looks at decoded UTF-16. Malformed bytes decode to U+FFFD there, which is forbidden, and so is every surrogate: a valid path
/// is therefore well-formed UTF-8 without four-byte sequences, and the bytes can be judged as they are.
/// </remarks>
internal static class Paths
{
    private const int SuffixLengthMax = 11;   // a minus sign and ten digits

    /// <summary>The full check: of setData, setACL, check and of the final path of a create.</summary>
    public static bool IsValid(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty || path[0] != '/')
            return false;
        if (path.Length == 1)
            return true;
        for (var start = 1; start <= path.Length;)
        {
            var rest = path[start..];
            var end = rest.IndexOf((byte)'/');
            if (!IsComponent(end < 0 ? rest : rest[..end]))
                return false;
            start = end < 0 ? path.Length + 1 : start + end + 1;
        }
        return true;
    }

    /// <summary>The first, shallow check of a create, before the parent is looked for.</summary>
    public static bool MayBeCreated(ReadOnlySpan<byte> path) => path.Contains((byte)'/') && !path.Contains((byte)0);

    /// <summary>The check of a delete: as shallow, and the system's own znodes stay.</summary>
    public static bool MayBeDeleted(ReadOnlySpan<byte> path) => MayBeCreated(path) && !SystemNodes.IsReserved(path);

    /// <summary>Everything before the last slash: empty, which is the root, for a path of one component.</summary>
    public static ReadOnlySpan<byte> Parent(ReadOnlySpan<byte> path) => path[..Math.Max(path.LastIndexOf((byte)'/'), 0)];

    /// <summary>Everything behind the last slash.</summary>
    public static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> path) => path[(path.LastIndexOf((byte)'/') + 1)..];

    /// <summary>Appends the suffix of a sequential name: at least ten characters, zero padded, a minus sign being one of them.</summary>
    public static void AppendSuffix(Arena arena, int number)
    {
        Span<byte> suffix = stackalloc byte[SuffixLengthMax];
        var fits = number.TryFormat(suffix, out var length, number < 0 ? "D9" : "D10", CultureInfo.InvariantCulture);
        Invariant.Holds(fits);
        arena.Append(suffix[..length]);
    }

    private static bool IsComponent(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
            return false;
        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(name, out var rune, out var length) != OperationStatus.Done || !IsAllowed(rune.Value))
                return false;
            name = name[length..];
        }
        return true;
    }

    private static bool IsAllowed(int character) => character switch
    {
        <= 0x1F or (>= 0x7F and <= 0x9F) => false,
        < 0xD800 => true,
        <= 0xF8FF or >= 0xFFF0 => false,
        _ => true,
    };
}
