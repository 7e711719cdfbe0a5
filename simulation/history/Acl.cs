using Quorate.Kernel.Wire;

namespace Quorate.Simulation.Histories;

/// <summary>One entry of an access control list.</summary>
/// <param name="Permissions">What it permits.</param>
/// <param name="Scheme">The scheme.</param>
/// <param name="Id">The identity within the scheme; null only in requests that are to be refused.</param>
internal readonly record struct AclItem(Permissions Permissions, string Scheme, string? Id);

/// <summary>An access control list as a value. A null vector of the wire is a null reference.</summary>
internal sealed record Acl(IReadOnlyList<AclItem> Items)
{
    /// <summary>world:anyone may do everything.</summary>
    public static readonly Acl Open = new([new(Permissions.All, "world", "anyone")]);

    /// <summary>The same entries in the same order.</summary>
    public bool Equals(Acl? other) => other is not null && Items.SequenceEqual(other.Items);

    /// <inheritdoc/>
    public override int GetHashCode() => Items.Count;

    /// <inheritdoc/>
    public override string ToString() => string.Join(",", Items.Select(i => $"{i.Scheme}:{i.Id}:{(int)i.Permissions}"));
}
