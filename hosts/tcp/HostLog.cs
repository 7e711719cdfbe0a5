using System.Net;
using Microsoft.Extensions.Logging;

namespace Quorate.Hosts.Tcp;

/// <summary>The lines the host writes to the log.</summary>
internal static partial class HostLog
{
    [LoggerMessage(1, LogLevel.Information, "Expecting clients on {Address}.")]
    public static partial void Listening(ILogger log, string address);

    [LoggerMessage(2, LogLevel.Information, "Closed the connection of {Client}: {Fault}.")]
    public static partial void ClientRefused(ILogger log, EndPoint client, string fault);

    [LoggerMessage(3, LogLevel.Warning, "Closed the connection of {Client}: it does not read; {Owed} bytes wait for it.")]
    public static partial void SlowReader(ILogger log, EndPoint client, long owed);

    [LoggerMessage(4, LogLevel.Warning, "Refused a connection from {Client}: {Reason}.")]
    public static partial void ConnectionRefused(ILogger log, EndPoint client, string reason);

    [LoggerMessage(5, LogLevel.Warning, "Could not accept a connection on {Address}: {Trouble}")]
    public static partial void AcceptFailed(ILogger log, string address, string trouble);

    [LoggerMessage(6, LogLevel.Warning, "Flushing {File} took {Milliseconds} ms. Writes wait for that: look at the disk.")]
    public static partial void SlowFlush(ILogger log, string file, long milliseconds);

    [LoggerMessage(7, LogLevel.Error, "{File} could not be {Verb}: {Trouble}")]
    public static partial void DiskTrouble(ILogger log, string file, string verb, string trouble);

    [LoggerMessage(8, LogLevel.Critical, "The kernel broke. Nothing it had not finished was acknowledged.")]
    public static partial void KernelBroke(ILogger log, Exception exception);

    [LoggerMessage(9, LogLevel.Critical, "The server cannot go on: {Failure}")]
    public static partial void Failed(ILogger log, string failure);

    [LoggerMessage(10, LogLevel.Information, "Stopping: no new connections; finishing what was begun.")]
    public static partial void Stopping(ILogger log);

    [LoggerMessage(11, LogLevel.Information,
        "Stopped. Longest kernel step {LongestStep:F1} ms, longest pause of the collector {LongestPause:F1} ms.")]
    public static partial void Stopped(ILogger log, double longestStep, double longestPause);

    [LoggerMessage(12, LogLevel.Error, "The server did not stop within {Seconds} s; it is cut off. Nothing acknowledged is lost.")]
    public static partial void CutOff(ILogger log, double seconds);

    [LoggerMessage(13, LogLevel.Error, "The connection of {Client} ended by a fault of the host.")]
    public static partial void ConnectionBroke(ILogger log, Exception exception, EndPoint client);

    [LoggerMessage(EventId = 14, Message = "{Note}")]
    public static partial void Note(ILogger log, LogLevel level, string note);

    [LoggerMessage(15, LogLevel.Information, "Expecting other members on {Address}.")]
    public static partial void PeersExpected(ILogger log, string address);

    [LoggerMessage(16, LogLevel.Information, "Linked with member {Member} at {Place}.")]
    public static partial void PeerLinked(ILogger log, ServerId member, string place);

    [LoggerMessage(EventId = 17, Message = "The link with member {Member} at {Place} has ended: {Why}.")]
    public static partial void PeerLinkEnded(ILogger log, LogLevel level, ServerId member, string place, string why);

    [LoggerMessage(18, LogLevel.Warning, "Refused a link from {Caller}: {Why}.")]
    public static partial void CallerRefused(ILogger log, string caller, string why);

    [LoggerMessage(19, LogLevel.Information, "Member {Member} at {Place} is not reached: {Why}. It is called again and again.")]
    public static partial void PeerUnreached(ILogger log, ServerId member, string place, string why);

    [LoggerMessage(20, LogLevel.Warning, "No link with member {Member} at {Place}: {Why}.")]
    public static partial void PeerRefused(ILogger log, ServerId member, string place, string why);

    [LoggerMessage(21, LogLevel.Error, "The link with {Place} broke by a fault of the host.")]
    public static partial void PeerBroke(ILogger log, Exception exception, string place);

    [LoggerMessage(EventId = 22, Level = LogLevel.Warning, Message = "{Why}")]
    public static partial void NoControl(ILogger log, string why);

    [LoggerMessage(23, LogLevel.Information, "An operator takes a backup.")]
    public static partial void BackupBegun(ILogger log);
}
