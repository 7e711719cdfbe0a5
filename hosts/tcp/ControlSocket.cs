using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Quorate.Hosts.Tcp;

/// <summary>
/// What an operator on the same machine can ask a running server for, line by line over a socket in the data folder: a backup.
/// </summary>
/// <remarks>
/// The wish is <c>backup</c>. The answers are <c>lag N</c> or <c>no leader</c> as long as it takes, then <c>ready SNAPSHOT HEADER</c> (the number
/// of the snapshot, the header in Base64) or <c>failed WHY</c>. The snapshot is kept until the connection is closed. Who may open the socket
/// could as well read all files in the folder, so nothing more is asked of anybody.
/// </remarks>
internal sealed class ControlSocket : IDisposable
{
    private const int Backlog = 4;

    private static readonly TimeSpan NewsEvery = TimeSpan.FromSeconds(1);

    private readonly ControlPlace _place;
    private readonly BackupDesk _desk;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _over = new();
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private ControlSocket(ControlPlace place, BackupDesk desk, ILogger log)
    {
        (_place, _desk, _log) = (place, desk, log);
        // The folder is locked: whoever left a socket there is gone.
        File.Delete(place.Path);
        _socket.Bind(place.Endpoint);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(place.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _socket.Listen(Backlog);
        _ = Accept();
    }

    /// <summary>Listens in a data folder that this process has locked. Where that is not possible the log says so; the server can do without.</summary>
    public static ControlSocket? In(string folder, BackupDesk desk, ILogger log)
    {
        ControlPlace? place = null;
        try
        {
            place = ControlPlace.In(folder);
            if (place is not null)
                return new(place, desk, log);
            HostLog.NoControl(log, ControlPlace.TooLong(folder));
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            place?.Dispose();
            HostLog.NoControl(log, $"No socket can be made in {folder}: {e.Message} quorate snapshot cannot reach this server while it runs.");
        }
        return null;
    }

    public void Dispose()
    {
        // The generic host disposes of a service once for each interface under which it knows it.
        if (_over.IsCancellationRequested)
            return;
        _over.Cancel();
        _socket.Dispose();
        _place.Dispose();
        _over.Dispose();
    }

    private async Task Accept()
    {
        var over = _over.Token;
        while (!over.IsCancellationRequested)
        {
            try
            {
                _ = Serve(await _socket.AcceptAsync(over), over);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                if (e is not SocketException)
                    return;
                HostLog.AcceptFailed(_log, _place.Path, e.Message);
                await Task.Delay(NewsEvery, CancellationToken.None);
            }
        }
    }

    private async Task Serve(Socket caller, CancellationToken over)
    {
        await Task.Yield();
        using var stream = new NetworkStream(caller, ownsSocket: true);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        try
        {
            if (await reader.ReadLineAsync(over) == "backup")
                await Backup(stream, reader, over);
            else
                await Say(stream, "failed This server does not know what was asked for. Use the quorate command of its own version.", over);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Who asked has gone, or the server goes.
        }
    }

    private async Task Backup(NetworkStream stream, StreamReader reader, CancellationToken over)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(over);
        var hearing = UntilGone(reader, gone);
        try
        {
            await _desk.Begin(gone.Token);
            try
            {
                HostLog.BackupBegun(_log);
                await Tell(stream, gone.Token);
                await hearing;   // it is being copied
            }
            finally
            {
                _desk.End();
            }
        }
        finally
        {
            await gone.CancelAsync();
            await hearing;
        }
    }

    private async Task Tell(NetworkStream stream, CancellationToken gone)
    {
        while (true)
        {
            var news = await _desk.Next(NewsEvery, gone);
            await Say(stream, Line(news), gone);
            if (news.IsFinal)
                return;
        }
    }

    private static string Line(in BackupNews news) =>
        news.Ready is { } ready ? string.Create(CultureInfo.InvariantCulture, $"ready {ready.Snapshot} {Convert.ToBase64String(ready.Header)}")
        : news.Failure is { } failure ? $"failed {failure}"
        : news.Lag is { } lag ? string.Create(CultureInfo.InvariantCulture, $"lag {lag}") : "no leader";

    /// <summary>Nothing more is said by a caller: what ends this read is the end of the connection.</summary>
    private static async Task UntilGone(StreamReader reader, CancellationTokenSource gone)
    {
        try
        {
            await reader.ReadLineAsync(gone.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Also an end.
        }
        await gone.CancelAsync();
    }

    private static async Task Say(NetworkStream stream, string line, CancellationToken cancel) =>
        await stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), cancel);
}
