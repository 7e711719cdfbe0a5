using System.Text;

namespace Quorate.Client;

/// <summary>What a path may be, found out before it is sent; and the chroot before it.</summary>
internal static class ZnodePath
{
    /// <summary>What is wrong with a path, as the rest of a sentence about it; null if it may be asked for.</summary>
    public static string? Fault(ReadOnlySpan<char> path, bool isSequential = false)
    {
        if (path.IsEmpty || path[0] != '/')
            return "does not begin with a slash";
        if (IsPlain(path))
            return null;
        if (path.Length > 1 && path[^1] == '/' && !isSequential)
            return "ends with a slash";
        foreach (var range in path[1..].Split('/'))
        {
            var name = path[1..][range];
            if (name is "." or "..")
                return "has a relative part (. or ..)";
            if (name.IsEmpty && path.Length > 1 && !(isSequential && range.End.Value == path.Length - 1))
                return "has an empty part (//)";
        }
        foreach (var character in path)
            if (character is < ' ' or (>= '\u007f' and <= '\u009f') or (>= '\ud800' and <= '\uf8ff') or >= '\ufff0')
                return $"has a character that znodes may not have (U+{(int)character:X4})";
        return null;
    }

    /// <summary>What is wrong with the name of one znode, as the rest of a sentence about it; null if it can be one.</summary>
    public static string? NameFault(string name) =>
        name.Length == 0 ? "is empty" : name.Contains('/', StringComparison.Ordinal) ? "has a slash" : Fault("/" + name);

    /// <summary>Most paths have nothing that needs a closer look.</summary>
    private static bool IsPlain(ReadOnlySpan<char> path) =>
        path[^1] != '/' && !path.ContainsAnyExceptInRange(' ', '~')
        && !path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal);

    /// <summary>The path one level up; the root's is the root.</summary>
    public static string Parent(string path) => path[..Math.Max(1, path.LastIndexOf('/'))];

    /// <summary>The last name in a path.</summary>
    public static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>The path of a child.</summary>
    public static string Child(string path, string name) => path == "/" ? path + name : $"{path}/{name}";

    /// <summary>Writes a path as the server knows it, its length in front.</summary>
    public static void Write(JuteWriter writer, string chroot, string path)
    {
        var rest = chroot.Length > 0 && path == "/" ? "" : path;
        var gap = writer.Gap();
        var start = writer.Position;
        var room = writer.Arena.Reserve(Encoding.UTF8.GetMaxByteCount(chroot.Length + rest.Length));
        var bytes = writer.Arena[room];
        var length = Encoding.UTF8.GetBytes(chroot, bytes);
        length += Encoding.UTF8.GetBytes(rest, bytes[length..]);
        writer.Arena.CutTo(start + length);
        writer.Patch(gap, length);
    }

    /// <summary>A path as the server knows it, as the client does.</summary>
    public static string Read(ReadOnlySpan<byte> path, int chrootBytes) =>
        path.Length <= chrootBytes ? "/" : Encoding.UTF8.GetString(path[chrootBytes..]);
}
