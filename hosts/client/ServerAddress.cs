using System.Globalization;

namespace Quorate.Client;

/// <summary>Where a server takes clients.</summary>
/// <param name="Host">A name or an address. A name is looked up anew for each connection.</param>
/// <param name="Port">1 to 65535.</param>
public readonly record struct ServerAddress(string Host, int Port)
{
    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");
}
