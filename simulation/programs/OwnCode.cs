using System.Reflection;
using System.Text.Json;

namespace Quorate.Simulation.Programs;

/// <summary>
/// What the author of a world has written, and can change: the assembly of the code that describes it, and the other projects that were built
/// with it. Not .NET, not Quorate, no package.
/// </summary>
internal sealed class OwnCode(Assembly home, IReadOnlyCollection<Type> trusted)
{
    private const string Ours = "Quorate.";

    private readonly HashSet<string> _projects = Projects();

    /// <summary>Whether a type is of that, and nobody has vouched for it.</summary>
    public bool Has(Type type) =>
        (type.Assembly == home || (type.Assembly.GetName().Name is { } name && _projects.Contains(name))) && !trusted.Contains(Outermost(type));

    /// <summary>The type that a type is written in, its own definition when it is in none.</summary>
    public static Type Outermost(Type type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type.IsGenericType ? type.GetGenericTypeDefinition() : type;
    }

    /// <summary>The assemblies that the build made from projects, by what it wrote beside them; none where it wrote nothing.</summary>
    private static HashSet<string> Projects()
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.deps.json"))
            try
            {
                using var text = JsonDocument.Parse(File.ReadAllBytes(file));
                Collect(text.RootElement, found);
            }
            catch (Exception problem) when (problem is JsonException or InvalidOperationException or KeyNotFoundException or IOException)
            {
                // Not what a build writes.
            }
        return found;
    }

    private static void Collect(JsonElement dependencies, HashSet<string> found)
    {
        var libraries = dependencies.GetProperty("libraries");
        foreach (var target in dependencies.GetProperty("targets").EnumerateObject())
            foreach (var library in target.Value.EnumerateObject())
                if (libraries.TryGetProperty(library.Name, out var kind) && kind.GetProperty("type").GetString() == "project"
                    && library.Value.TryGetProperty("runtime", out var files))
                    foreach (var name in files.EnumerateObject().Select(static one => Path.GetFileNameWithoutExtension(one.Name)))
                        if (!name.StartsWith(Ours, StringComparison.Ordinal))
                            found.Add(name);
    }
}
