using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Quorate.Hosts.Tcp;

/// <summary>A server over TCP as a service of the generic host: starts and stops with the application.</summary>
/// <remarks>
/// Starting refuses, with a <see cref="StartRefusedException"/>, what an operator can mend. It ends when clients are served, or, of a member
/// among others, when it has recovered: the others may be started later. If the server fails then, it stops the application and says why in
/// <see cref="Failure"/>.
/// </remarks>
public sealed class QuorateServer(ServerOptions options, IHostApplicationLifetime application, ILogger<QuorateServer> log)
    : IHostedService, IDisposable
{
    private const int MailboxMails = 16 << 10;
    private const long MailboxBytes = 64 << 20;
    private const long CongestionBytes = 128 << 10;
    private const long OutputBytesEach = 32 << 20;
    private const long OutputBytesAll = 256 << 20;

    private static readonly TimeSpan LastReplies = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LastFrames = TimeSpan.FromSeconds(1);

    private readonly List<ClientListener> _listeners = [];
    private readonly KernelMeters _meters = new();
    private ConnectionCensus? _census;
    private DataFolder? _folder;
    private DiskThread? _disk;
    private KernelThread? _kernel;
    private Mailbox<Mail>? _mailbox;
    private PeerLinks? _links;
    private BackupDesk? _desk;
    private ControlSocket? _control;

    /// <summary>Where clients connect, after the start: plain, then TLS.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints => [.. _listeners.Select(static listener => listener.Local)];

    /// <summary>Where other members connect, after the start; null in an ensemble of one.</summary>
    public IPEndPoint? PeerEndpoint => _links?.Local;

    /// <summary>Why the server could not go on; null as long as it can.</summary>
    public string? Failure { get; private set; }

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var note in options.Notes)
            HostLog.Note(log, note.Level, note.Text);

        var settings = options.Settings;
        var tls = options.Tls is null ? null : new TlsGate(options.Tls, settings.HandshakeTimeout, log);
        _folder = new(options.DataDir, options.DataLogDir ?? options.DataDir);
        _mailbox = new(MailboxMails, MailboxBytes);
        _census = new(options.ConnectionsPerAddress, options.Limits.Connections);
        _links = options.Peers is null ? null : new(options.Peers, settings, options.Limits.PeerFrameBytes, _mailbox, log);
        Listen(tls);

        var files = new DiskFiles(_folder.Path, _folder.LogPath, settings.SegmentBytes, options.SlowFlush, log);
        _disk = new(files, _mailbox);
        _desk = new(_mailbox);
        _kernel = new(new Server(settings, options.Limits, Seed(), new LoggerTrace(log)), _mailbox, _disk, _meters, _desk, _links, log);
        _disk.Start();
        _kernel.Start();

        await _kernel.Started.WaitAsync(cancellationToken);
        if (_kernel.Ended.IsCompleted)
        {
            _disk.Stop();
            throw new StartRefusedException(await _kernel.Ended ?? "The server stopped while it was starting.");
        }
        _control = ControlSocket.In(_folder.Path, _desk, log);
        _links?.Start(settings.Ensemble);
        foreach (var listener in _listeners)
            _ = listener.Run();
        _ = Watch(_kernel);
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var listener in _listeners)
            listener.Dispose();
        if (_kernel is null || _disk is null || _mailbox is null)
            return;
        HostLog.Stopping(log);
        _mailbox.PutUrgent(Mail.Of(OperatorRequest.Stop));
        try
        {
            await _kernel.Ended.WaitAsync(options.StopTimeout, cancellationToken);
            if (_links is not null)
                await _links.Leave(LastFrames);
            await Emptied();
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            HostLog.CutOff(log, options.StopTimeout.TotalSeconds);
            return;
        }
        _disk.Stop();
        HostLog.Stopped(log, HostMeters.LongestStep.TotalMilliseconds, HostMeters.LongestPause.TotalMilliseconds);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var listener in _listeners)
            listener.Dispose();
        _links?.Dispose();
        _control?.Dispose();
        _desk?.Dispose();
        _meters.Dispose();
        _folder?.Dispose();
    }

    private void Listen(TlsGate? tls)
    {
        var services = new ClientServices(_mailbox!, new(CongestionBytes, OutputBytesEach, OutputBytesAll), options.Limits.FrameBytes, log);
        if (options.Clients is not null)
            _listeners.Add(new(options.Clients, options.ListenBacklog, _census!, services, tls: null));
        if (options.SecureClients is not null)
            _listeners.Add(new(options.SecureClients, options.ListenBacklog, _census!, services, tls));
    }

    /// <summary>Waits for the last replies to be read, though not for ever.</summary>
    private async Task Emptied()
    {
        using var patience = new CancellationTokenSource(LastReplies);
        while (_census!.Count > 0 && !patience.IsCancellationRequested)
            await Task.Delay(5, CancellationToken.None);
    }

    private async Task Watch(KernelThread kernel)
    {
        if (await kernel.Ended is not { } failure)
            return;
        Failure = failure;
        HostLog.Failed(log, failure);
        application.StopApplication();
    }

    /// <summary>Passwords of sessions come from this: it must be unguessable.</summary>
    private static ulong Seed() => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
}
