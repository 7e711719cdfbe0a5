using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Quorate.Cli;

/// <summary>Writes log lines that a person can read, one line each, to standard error: time, level if it matters, text.</summary>
/// <remarks>
/// Lines are written by a task of their own: a terminal that is stopped must not stop the server. When too many wait, new ones are
/// dropped, and how many is said as soon as there is room.
/// </remarks>
internal sealed class ConsoleLog : ILoggerProvider
{
    private const int LinesWaiting = 4096;

    private readonly Channel<string> _lines =
        Channel.CreateBounded<string>(new BoundedChannelOptions(LinesWaiting) { SingleReader = true });

    private readonly Task _writer;
    private int _dropped;

    public ConsoleLog() => _writer = Task.Run(WriteLines);

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void Dispose()
    {
        _lines.Writer.TryComplete();
        _writer.Wait(TimeSpan.FromSeconds(1));
    }

    private async Task WriteLines()
    {
        await foreach (var line in _lines.Reader.ReadAllAsync())
        {
            var dropped = Interlocked.Exchange(ref _dropped, 0);
            if (dropped > 0)
                await Console.Error.WriteLineAsync($"({dropped} lines left out: they came faster than they could be written)");
            await Console.Error.WriteLineAsync(line);
        }
    }

    private void Write(string line)
    {
        if (!_lines.Writer.TryWrite(line))
            Interlocked.Increment(ref _dropped);
    }

    private sealed class Logger(ConsoleLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = new StringBuilder()
                .Append(DateTime.Now.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture))
                .Append(logLevel switch
                {
                    LogLevel.Trace or LogLevel.Debug => "  detail   ",
                    LogLevel.Information => "  ",
                    LogLevel.Warning => "  warning  ",
                    _ => "  error    ",
                })
                .Append(formatter(state, exception).ReplaceLineEndings(" "));
            if (exception is not null)
                line.AppendLine().Append(exception);
            log.Write(line.ToString());
        }
    }
}
