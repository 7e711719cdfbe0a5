using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Quorate.Client;

/// <summary>One connection over TCP: a task that receives, and one that sends while there is something to send.</summary>
/// <remarks>
/// What is sent while a send is under way goes with the next, so the more is asked, the fewer system calls it takes. How much may gather is
/// bounded by the client, which counts its requests.
/// </remarks>
internal sealed class TcpLink(ServerAddress server, ILinkOwner owner, SslClientAuthenticationOptions? tls) : IClientLink, IDisposable
{
    private const int ReceiveBytes = 64 << 10;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closed = new();
    private Stream? _stream;
    private byte[] _gathered = new byte[4 << 10];
    private byte[] _sending = new byte[4 << 10];
    private int _length;
    private string? _sendFault;
    private bool _isSending;
    private volatile bool _isClosing;

    /// <summary>Begins; the owner is told nothing on the caller's thread.</summary>
    public void Start() => _ = Task.Run(Live);

    public void Send(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_isClosing)
                return;
            if (_gathered.Length - _length < bytes.Length)
                Array.Resize(ref _gathered, Math.Max(_gathered.Length * 2, _length + bytes.Length));
            bytes.CopyTo(_gathered.AsSpan(_length));
            _length += bytes.Length;
            if (_isSending)
                return;
            _isSending = true;
        }
        _ = SendAll();
    }

    public void Close()
    {
        lock (_gate)
        {
            if (_isClosing)
                return;
            _isClosing = true;
            if (_isSending)
                return;   // whoever sends closes behind it
        }
        Cancel();
    }

    public void Dispose() => _closed.Dispose();

    private async Task Live()
    {
        string? reason = "the server closed the connection";
        try
        {
            var stream = await Open().ConfigureAwait(false);
            await using var whole = stream.ConfigureAwait(false);
            _stream = stream;
            owner.Opened();
            var buffer = new byte[ReceiveBytes];
            while (await stream.ReadAsync(buffer, _closed.Token).ConfigureAwait(false) is var count and > 0)
                owner.Received(buffer.AsSpan(0, count));
        }
        catch (OperationCanceledException)
        {
            reason = _sendFault;
        }
        catch (Exception problem) when (problem is IOException or SocketException or AuthenticationException or ObjectDisposedException)
        {
            reason = (problem.InnerException ?? problem).Message;
        }
        if (reason is not null && !_isClosing)
            owner.Closed($"{server}: {reason}");
        Dispose();
    }

    private async Task<Stream> Open()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server.Host, server.Port, _closed.Token).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);
            if (tls is null)
                return stream;
            var secure = new SslStream(stream);
            await secure.AuthenticateAsClientAsync(ForServer(tls), _closed.Token).ConfigureAwait(false);
            return secure;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private SslClientAuthenticationOptions ForServer(SslClientAuthenticationOptions options) => new()
    {
        TargetHost = options.TargetHost ?? server.Host,
        ClientCertificates = options.ClientCertificates,
        ClientCertificateContext = options.ClientCertificateContext,
        CertificateRevocationCheckMode = options.CertificateRevocationCheckMode,
        CertificateChainPolicy = options.CertificateChainPolicy,
        RemoteCertificateValidationCallback = options.RemoteCertificateValidationCallback,
        EnabledSslProtocols = options.EnabledSslProtocols,
        CipherSuitesPolicy = options.CipherSuitesPolicy,
        EncryptionPolicy = options.EncryptionPolicy,
    };

    private async Task SendAll()
    {
        try
        {
            while (TryTake(out var bytes))
                await _stream!.WriteAsync(bytes, _closed.Token).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            _sendFault = problem.Message;
            Cancel();   // whoever receives tells the owner
        }
    }

    /// <summary>What has gathered since the last send; false when that is nothing, and sending is over until <see cref="Send"/>.</summary>
    private bool TryTake(out ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            (_gathered, _sending) = (_sending, _gathered);
            bytes = _sending.AsMemory(0, _length);
            _length = 0;
            if (bytes.Length > 0)
                return true;
            _isSending = false;
            if (!_isClosing)
                return false;
        }
        Cancel();
        return false;
    }

    private void Cancel()
    {
        try
        {
            _closed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }
}
