using System.Globalization;

namespace Quorate.Kernel.Importing;

/// <summary>Why a foreign folder cannot be imported: what is wrong, where, and what the operator can do about it.</summary>
/// <param name="File">The name of the file; empty when the folder as a whole is meant.</param>
/// <param name="Offset">Where in the file, in bytes from its start; null when no single place is to blame.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record Flaw(string File, long? Offset, string What, string Remedy)
{
    /// <summary>What helps against damaged bytes of any kind.</summary>
    public const string AnotherCopy = "Restore the file from a backup, or import the folder of another member of the ensemble.";

    /// <summary>What helps against a file that only has the name of one of ZooKeeper's.</summary>
    public const string Foreign = "Remove it from the folder if it is something else. " + AnotherCopy;

    /// <inheritdoc/>
    public override string ToString()
    {
        var place = Offset is { } offset ? string.Create(CultureInfo.InvariantCulture, $", byte {offset}") : "";
        var where = File.Length > 0 ? $"{File}{place}: " : "";
        return $"{where}{What}. {Remedy}";
    }
}
