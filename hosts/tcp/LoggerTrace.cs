using Microsoft.Extensions.Logging;
using Quorate.Kernel.Consensus;

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

    public bool SeesCommits => false;

    public void Became(Role role, Term term, ServerId leader)
    {
        // The kernel notes in words what an operator should know of it.
    }

    public void Committed(LogIndex index, Term term, ulong chain)
    {
        // For judges, not for operators.
    }

    public void Installed(LogIndex index, Zxid zxid, Digest digest)
    {
        // For judges, not for operators.
    }

    public void Applied(in AppliedEntry entry)
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
