using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Quorate.Client.Extensions;

/// <summary>
/// What goes wrong with settings that are znodes, in plain words. They are there before an application has a log: until then it is traced.
/// </summary>
internal sealed partial class SettingsLog(string path)
{
    private volatile ILogger? _logger;

    /// <summary>Lets all settings of an application speak to its log.</summary>
    public static void Attach(IConfiguration? settings, ILogger logger)
    {
        if (settings is IConfigurationRoot root)
            foreach (var provider in root.Providers.OfType<QuorateConfigurationProvider>())
                provider.Log._logger = logger;
    }

    /// <summary>Somebody who was told of a change has thrown.</summary>
    public void ListenerFailed(Exception problem) => Say(problem, Threw, "who listens to their changes has thrown");

    /// <summary>They cannot be followed.</summary>
    public void NotFollowed(Exception problem) => Say(problem, Lost, "they cannot be followed");

    private void Say(Exception problem, Action<ILogger, string, Exception> log, string what)
    {
        try
        {
            if (_logger is { } logger)
                log(logger, path, problem);
            else
                Trace.TraceError($"Settings below {path}: {what}: {problem}");
        }
        catch (Exception)
        {
            // A log that fails cannot be told of.
        }
    }

    [LoggerMessage(21, LogLevel.Error,
        "Whoever listens to changes of the settings below {Path} has thrown. The settings are what the znodes say, and follow them on.")]
    private static partial void Threw(ILogger logger, string path, Exception problem);

    [LoggerMessage(22, LogLevel.Error,
        "The settings below {Path} stay as they are, as the znodes cannot be followed at present. It is tried again.")]
    private static partial void Lost(ILogger logger, string path, Exception problem);
}
