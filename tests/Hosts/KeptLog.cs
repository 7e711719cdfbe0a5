using Microsoft.Extensions.Logging;

namespace Quorate.Tests.Hosts;

/// <summary>Makes everybody log to the same lines.</summary>
internal sealed class KeptLog(LogLines lines) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => lines;

    public void Dispose()
    {
    }
}
