using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Quorate.Tests.Hosts;

/// <summary>Keeps what is logged.</summary>
internal sealed class LogLines : ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public string[] All => [.. _lines];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{logLevel}: {formatter(state, exception)}{exception}");

    /// <summary>Waits for a line with some words; fails with all lines when there is none.</summary>
    public async Task<string> Has(string words, CancellationToken cancel)
    {
        for (var begun = Environment.TickCount64; Environment.TickCount64 - begun < 60_000; await Task.Delay(10, cancel))
            if (_lines.FirstOrDefault(line => line.Contains(words, StringComparison.Ordinal)) is { } found)
                return found;
        throw new Xunit.Sdk.XunitException($"No line has \"{words}\":\n{string.Join('\n', _lines)}");
    }
}
