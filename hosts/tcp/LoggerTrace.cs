using Microsoft.Extensions.Logging;

namespace Quorate.Hosts.Tcp;

/// <summary>Writes the kernel's notes to the log.</summary>
internal sealed class LoggerTrace(ILogger log) : ITrace
{
    public bool SeesEntries => false;

    public void Note(NoteLevel level, ulong subject, string text)
    {
        var logLevel = LevelOf(level);
        HostLog.Note(log, logLevel, text);
    }

    public void Applied(LogIndex index, Zxid zxid, Digest digest)
    {
        // For judges, not for operators.
    }

    private static LogLevel LevelOf(NoteLevel level) => level switch
    {
        NoteLevel.Detail => LogLevel.Debug,
        NoteLevel.Information => LogLevel.Information,
        NoteLevel.Warning => LogLevel.Warning,
        _ => LogLevel.Error,
    };
}
