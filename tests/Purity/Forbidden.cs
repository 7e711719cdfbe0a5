namespace Quorate.Tests.Purity;

/// <summary>What no instruction of the kernel may refer to, because its outcome would not be a function of state and input.</summary>
internal static class Forbidden
{
    private static readonly string[] Namespaces =
    [
        "System.IO.",
        "System.Net.",
        "System.Threading.",
        // LINQ would enumerate a hash table without naming its enumerator.
        "System.Linq.",
        "System.Collections.Concurrent.",
    ];

    private static readonly string[] Types =
    [
        "System.Console",
        "System.Environment",
        "System.GC",
        "System.HashCode",
        "System.Random",
        "System.TimeProvider",
        "System.TimeZoneInfo",
        "System.Buffers.ArrayPool`1",
        "System.Diagnostics.Process",
        "System.Diagnostics.Stopwatch",
        "System.Security.Cryptography.RandomNumberGenerator",
    ];

    private static readonly string[] Members =
    [
        "System.DateTime::get_Now",
        "System.DateTime::get_UtcNow",
        "System.DateTime::get_Today",
        "System.DateTimeOffset::get_Now",
        "System.DateTimeOffset::get_UtcNow",
        "System.Guid::NewGuid",
        "System.String::GetHashCode",
        // The order of a hash table is nobody's stated order.
        "System.Collections.Generic.Dictionary`2::GetEnumerator",
        "System.Collections.Generic.Dictionary`2::get_Keys",
        "System.Collections.Generic.Dictionary`2::get_Values",
        "System.Collections.Generic.HashSet`1::GetEnumerator",
    ];

    public static IReadOnlyList<string> In(CompiledAssembly assembly) =>
    [
        .. assembly.ReferencedTypes.Where(IsForbiddenType),
        .. assembly.ReferencedMembers.Where(Members.Contains),
    ];

    private static bool IsForbiddenType(string type) =>
        Array.Exists(Types, one => type == one || type.StartsWith(one + "+", StringComparison.Ordinal))
        || Array.Exists(Namespaces, one => type.StartsWith(one, StringComparison.Ordinal));
}
