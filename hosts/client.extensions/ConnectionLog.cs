using Microsoft.Extensions.Logging;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;

namespace Quorate.Client.Extensions;

/// <summary>What happens to an application's connection, in plain words.</summary>
internal static partial class ConnectionLog
{
    public static void Attach(QuorateConnection connection, ILogger logger)
    {
        connection.StateChanged += state => Tell(logger, state, connection.Current);
        connection.AttemptFailed += problem => Failed(logger, problem.Message);
    }

    /// <summary>Code of the application's that the client called has thrown, which must not end the application.</summary>
    public static void CallbackFailed(ILogger logger, Exception problem)
    {
        try
        {
            Threw(logger, problem);
        }
        catch (Exception)
        {
            // A log that fails cannot be told of.
        }
    }

    private static void Tell(ILogger logger, SessionState state, ZooClient? client)
    {
        var session = client?.Session ?? SessionId.None;
        switch (state)
        {
            case SessionState.Connected:
                Connected(logger, session, client?.SessionTimeout.TotalSeconds ?? 0);
                break;
            case SessionState.Suspended:
                Suspended(logger, session);
                break;
            case SessionState.Expired:
                Expired(logger, session);
                break;
            case SessionState.AuthFailed:
                AuthFailed(logger, session);
                break;
            case SessionState.Closed:
                Closed(logger, session);
                break;
        }
    }

    [LoggerMessage(
        1, LogLevel.Information, "Connected to Quorate with session {Session}, which lives on for {Seconds:0.#} s without a connection.")]
    private static partial void Connected(ILogger logger, SessionId session, double seconds);

    [LoggerMessage(2, LogLevel.Warning, "The connection to Quorate is lost. Session {Session} may live on; looking for a server.")]
    private static partial void Suspended(ILogger logger, SessionId session);

    [LoggerMessage(3, LogLevel.Warning, "Session {Session} has expired, and its ephemerals are gone. Opening another.")]
    private static partial void Expired(ILogger logger, SessionId session);

    [LoggerMessage(4, LogLevel.Error, "The server did not accept the credential of session {Session}: see QuorateClient:Credential.")]
    private static partial void AuthFailed(ILogger logger, SessionId session);

    [LoggerMessage(5, LogLevel.Information, "Session {Session} is closed.")]
    private static partial void Closed(ILogger logger, SessionId session);

    [LoggerMessage(6, LogLevel.Warning, "No session could be opened at Quorate; trying again. {Reason}")]
    private static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(7, LogLevel.Error, "A callback of the connection to Quorate has thrown. The client goes on.")]
    private static partial void Threw(ILogger logger, Exception problem);
}
