using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Quorate.Client;

/// <summary>One connection over TCP: a task that receives, and one that sends while there is something to send.</summary>
/// <remarks>
/// What is sent while a send is under way goes with the next, so the more is asked, the fewer system calls it takes. How much may gather is
/// bounded by the client, which counts its requests. Reads and writes carry no token: the stream is closed under them.
/// </remarks>
internal sealed class TcpLink(ServerAddress server, ILinkOwner owner, SslClientAuthenticationOptions? tls) : IClientLink, IDisposable
{
    private const int ReceiveBytes = 64 << 10;

    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closed = new();
    private Socket? _socket;
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
            {
                _ = AbortIfStuck();
                return;   // whoever sends closes behind it
            }
        }
        Abort();
    }

    public void Dispose() => _closed.Dispose();

    private async Task Live()
    {
        var reason = "the server closed the connection";
        try
        {
            var stream = await Open().ConfigureAwait(false);
            await using var whole = stream.ConfigureAwait(false);
            Adopt(stream);
            owner.Opened();
            var buffer = new byte[ReceiveBytes];
            while (await stream.ReadAsync(buffer).ConfigureAwait(false) is var count and > 0)
                owner.Received(buffer.AsSpan(0, count));
        }
        catch (Exception problem)
        {
            reason = _sendFault ?? Reason(problem);
        }
        if (!_isClosing)
            owner.Closed(reason);
        Dispose();
    }

    private string Reason(Exception problem) => problem switch
    {
        AuthenticationException => $"TLS failed: {(problem.InnerException ?? problem).Message} " +
            "(Is this the servers' secure port, and does the client trust them?)",
        _ => (problem.InnerException ?? problem).Message,
    };

    private async Task<Stream> Open()
    {
        var socket = _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
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

    /// <summary>From here on closing closes the stream.</summary>
    private void Adopt(Stream stream)
    {
        lock (_gate)
            _stream = stream;
        _closed.Token.ThrowIfCancellationRequested();
    }

    private SslClientAuthenticationOptions ForServer(SslClientAuthenticationOptions options) => new()
    {
        TargetHost = options.TargetHost ?? server.Host,
        ClientCertificates = options.ClientCertificates,
        ClientCertificateContext = options.ClientCertificateContext,
        LocalCertificateSelectionCallback = options.LocalCertificateSelectionCallback,
        CertificateRevocationCheckMode = options.CertificateRevocationCheckMode,
        CertificateChainPolicy = options.CertificateChainPolicy,
        RemoteCertificateValidationCallback = options.RemoteCertificateValidationCallback,
        EnabledSslProtocols = options.EnabledSslProtocols,
        CipherSuitesPolicy = options.CipherSuitesPolicy,
        EncryptionPolicy = options.EncryptionPolicy,
        AllowTlsResume = options.AllowTlsResume,
    };

    private async Task SendAll()
    {
        try
        {
            while (TryTake(out var bytes))
                await _stream!.WriteAsync(bytes).ConfigureAwait(false);
        }
        catch (Exception problem)
        {
            _sendFault = problem.Message;
            Abort();   // whoever receives tells the owner
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
        Abort();
        return false;
    }

    /// <summary>
    /// A server that takes nothing any more, or cannot be reached, would keep what is under way, and the socket, until the kernel gives up,
    /// which takes minutes. So after a while the connection is reset, and nothing of it is left.
    /// </summary>
    private async Task AbortIfStuck()
    {
        await Task.Delay(ClosePatience, BootTime.Instance).ConfigureAwait(false);
        try
        {
            lock (_gate)
                if (_isSending)
                    _socket!.LingerState = new(enable: true, seconds: 0);
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }
        Abort();
    }

    /// <summary>Ends whatever is under way: connecting by the token, reading and writing by closing the stream.</summary>
    private void Abort()
    {
        try
        {
            _closed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself.
        }
        Stream? stream;
        lock (_gate)
            stream = _stream;
        stream?.Dispose();
    }
}
