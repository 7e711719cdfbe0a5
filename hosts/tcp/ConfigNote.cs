using Microsoft.Extensions.Logging;

namespace Quorate.Hosts.Tcp;

/// <summary>A line about the configuration that an operator should see at the start: a key without effect, or one that is unwise.</summary>
/// <param name="Level">How much it matters.</param>
/// <param name="Text">The line; it names file, line and key.</param>
public sealed record ConfigNote(LogLevel Level, string Text);
