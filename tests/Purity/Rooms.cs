namespace Quorate.Tests.Purity;

/// <summary>
/// Which room of the kernel may know which: strictly downwards. Consensus does not know znodes, the machine does not know how entries are
/// agreed on, storage knows bytes only.
/// </summary>
internal static class Rooms
{
    private const string Root = "Quorate.Kernel";

    /// <summary>The vocabulary in the root that every room may speak; what wires rooms together there is for the root alone.</summary>
    private static readonly string[] Wiring = ["Server", "Driver`1", "IPorts", "FolderImport", "FolderInspection"];

    private static readonly Dictionary<string, string[]> Below = new()
    {
        ["Ground"] = [],
        ["Wire"] = ["Ground"],
        ["Storage"] = ["Ground", ""],
        ["Consensus"] = ["Ground", "Wire", "Storage", ""],
        ["Trees"] = ["Ground", "Wire", "Storage", ""],
        ["Machines"] = ["Ground", "Wire", "Storage", "Trees", ""],
        ["Fronts"] = ["Ground", "Wire", "Storage", "Trees", "Machines", ""],
        ["Clients"] = ["Ground", "Wire"],
        ["Recipes"] = ["Ground", "Wire", "Clients"],
        ["Importing"] = ["Ground", "Wire", "Storage", "Trees", "Machines", ""],
    };

    /// <summary>The references that go sideways or up.</summary>
    public static IReadOnlyList<string> Violations(CompiledAssembly kernel) =>
        [.. kernel.InternalReferences().Where(pair => !MayRefer(pair.From, pair.To)).Select(pair => $"{pair.From} refers to {pair.To}")];

    private static bool MayRefer(TypeName from, TypeName to)
    {
        // What the compiler adds on its own (attributes, inline arrays) lives outside the kernel's namespaces.
        if (!IsKernel(from) || !IsKernel(to) || from.Namespace is Root || from.Namespace == to.Namespace)
            return true;
        // A namespace that is not in the table has no place yet: that is a violation, until somebody decides where it stands.
        return Below.TryGetValue(Room(from), out var below) && below.Contains(Room(to)) && !IsWiring(to);
    }

    private static bool IsWiring(TypeName type) => type.Namespace is Root && Wiring.Contains(type.Name);

    private static bool IsKernel(TypeName type) =>
        type.Namespace is Root || type.Namespace.StartsWith(Root + ".", StringComparison.Ordinal);

    private static string Room(TypeName type) => type.Namespace == Root ? "" : type.Namespace[(Root.Length + 1)..];
}
