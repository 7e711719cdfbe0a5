using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Quorate.Hosts.Tcp;

namespace Quorate.Cli;

/// <summary>A server that runs on a data folder of this machine, spoken to through the socket in that folder.</summary>
/// <param name="folder">The data folder.</param>
/// <param name="patience">How long it may take, all in all, until the server has the backup.</param>
internal sealed class RunningMember(string folder, TimeSpan patience) : IDisposable
{
    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(200);

    private readonly Stopwatch _waited = Stopwatch.StartNew();
    private readonly ControlPlace _place = ControlPlace.In(folder) ?? throw new StartRefusedException(ControlPlace.TooLong(folder));
    private Socket? _socket;
    private NetworkStream? _stream;
    private string _last = "";

    /// <summary>Has the server make a backup: which snapshot to copy, and what belongs in front of it. The snapshot stays as long as this does.</summary>
    /// <exception cref="StartRefusedException">There will be none; the message says why.</exception>
    public async Task<BackupReady> Backup(CancellationToken cancel)
    {
        await Connect(cancel);
        _stream = new(_socket!, ownsSocket: true);
        await _stream.WriteAsync("backup\n"u8.ToArray(), cancel);
        using var reader = new StreamReader(_stream, Encoding.UTF8, leaveOpen: true);
        while (true)
        {
            using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            late.CancelAfter(patience > _waited.Elapsed ? patience - _waited.Elapsed : TimeSpan.Zero);
            string? line;
            try
            {
                line = await reader.ReadLineAsync(late.Token);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                throw new StartRefusedException(TooLate());
            }
            catch (IOException)
            {
                line = null;
            }
            switch (line?.Split(' ', 3))
            {
                case ["ready", var snapshot, var header]:
                    return new(ulong.Parse(snapshot, System.Globalization.CultureInfo.InvariantCulture), Convert.FromBase64String(header));
                case ["failed", ..]:
                    throw new StartRefusedException($"The server gives no backup: {line["failed ".Length..]}");
                case null:
                    throw new StartRefusedException("The server ended before there was a backup.");
                default:
                    _last = line!;
                    break;
            }
        }
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _socket?.Dispose();
        _place.Dispose();
    }

    /// <summary>One that has only just been started may not listen yet.</summary>
    private async Task Connect(CancellationToken cancel)
    {
        while (true)
        {
            _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await _socket.ConnectAsync(_place.Endpoint, cancel);
                return;
            }
            catch (SocketException e)
            {
                _socket.Dispose();
                if (_waited.Elapsed > patience)
                    throw new StartRefusedException(
                        $"{_place.Path} is not answered: {e.Message}. Either the server is still starting (wait, or --wait more seconds), or it runs as another user, or its log says why it "
                        + "offers no socket there.", e);
            }
            await Task.Delay(RetryEvery, cancel);
        }
    }

    private string TooLate() => _last switch
    {
        "no leader" =>
            $"This member has had no leader for {patience.TotalSeconds:0} s, so nobody can say what it lacks, and nothing was written. Bring a majority back "
            + "(quorate snapshot on a member that is connected works at once). If the majority is lost for good: stop this member, then run "
            + "the same command; it takes what this one member has (hosts/README.md, When a majority is lost).",
        "lag 0" or "" => $"The server had no backup within {patience.TotalSeconds:0} s. Try again with more time: --wait SECONDS.",
        _ => $"This member is {_last["lag ".Length..]} entries behind and did not catch up within {patience.TotalSeconds:0} s. Ask another one, or --wait longer.",
    };
}
