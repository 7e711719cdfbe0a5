using System.Net;
using Microsoft.Extensions.Logging;

namespace Quorate.Hosts.Tcp;

/// <summary>
/// The links of this server with the other members: one ordered stream of frames with each, made anew whenever it ends. What happens to them
/// is mail for the kernel thread.
/// </summary>
/// <remarks>
/// Of two members the one with the higher id calls, and only while it has no link. So there is one connection for each pair, one side that
/// decides about it, and no race of calls that cross each other; ZooKeeper has the same rule. The other side waits to be called, at most
/// half a second once both are up.
/// </remarks>
internal sealed class PeerLinks : IDisposable
{
    /// <summary>How long the first words of a connection may take.</summary>
    public static readonly TimeSpan GreetingPatience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan SameLineInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SilenceMin = TimeSpan.FromSeconds(2);

    private readonly object _gate = new();
    private readonly PeerServices _services;
    private readonly PeerListener _listener;
    private readonly PeerSeat?[] _seats = new PeerSeat?[byte.MaxValue + 1];
    private readonly CancellationTokenSource?[] _dialers = new CancellationTokenSource?[byte.MaxValue + 1];
    private IReadOnlyList<EnsembleMember>? _members;
    private bool _started;
    private bool _disposed;

    /// <summary>Binds the port, reads the certificates.</summary>
    /// <exception cref="StartRefusedException">One of them cannot be used; the message says what to change.</exception>
    public PeerLinks(PeerOptions options, Settings settings, int frameBytesMax, Mailbox<Mail> mailbox, ILogger log)
    {
        var silence = settings.ElectionTimeout * 4;
        _services = new(
            PeerSelf.Of(settings.Id, options.Secret),
            options.Tls is null ? null : new PeerTls(options.Tls, options.VerifyHostNames),
            AnyMachine: options.Insecure || options.Secret is not null || options.Tls is not null,
            mailbox, frameBytesMax, options.OwedBytesMax,
            silence > SilenceMin ? silence : SilenceMin,
            log, new LogRation(SameLineInterval));
        _listener = new(options.Listen, _services, Seat);
    }

    /// <summary>Where other members connect.</summary>
    public IPEndPoint Local => _listener.Local;

    /// <summary>Begins to hear and to call.</summary>
    /// <param name="members">Whom, unless something newer is known by now.</param>
    public void Start(IReadOnlyList<EnsembleMember> members)
    {
        _ = _listener.Run();
        lock (_gate)
        {
            _started = true;
            Know(_members ?? members);
        }
    }

    /// <summary>Learns who the members are and where. One that is no more is not called again; a link with it stays while it lasts.</summary>
    public void Know(IReadOnlyList<EnsembleMember> members)
    {
        lock (_gate)
        {
            _members = members;
            if (_disposed || !_started)
                return;
            Span<bool> known = stackalloc bool[byte.MaxValue + 1];
            foreach (var member in members)
            {
                if (member.Id == _services.Self.Id || !PeerAddress.TryParse(member.PeerAddress, out var address))
                    continue;
                known[member.Id.Value] = true;
                Seat(member.Id).Address = address;
                if (member.Id.Value < _services.Self.Id.Value && _dialers[member.Id.Value] is null)
                    Dial(member.Id);
            }
            for (var id = 1; id <= byte.MaxValue; id++)
                if (!known[id])
                    Forget(id);
        }
    }

    /// <summary>Hears and calls nobody any more, and waits until the links there are have ended, though not for ever.</summary>
    public async Task Leave(TimeSpan patience)
    {
        var gone = new List<Task>();
        lock (_gate)
        {
            _listener.Dispose();
            for (var id = 1; id <= byte.MaxValue; id++)
            {
                Forget(id);
                gone.Add(_seats[id]?.Gone ?? Task.CompletedTask);
            }
        }
        await Task.WhenAny(Task.WhenAll(gone), Task.Delay(patience));
    }

    /// <summary>Ends everything at once.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _listener.Dispose();
            for (var id = 1; id <= byte.MaxValue; id++)
            {
                Forget(id);
                _seats[id]?.Close();
            }
        }
    }

    private void Dial(ServerId id)
    {
        var stop = _dialers[id.Value] = new();
        var dialer = new PeerDialer(Seat(id), _services);
        _ = Task.Run(() => dialer.Run(stop.Token));
    }

    private void Forget(int id)
    {
        if (_seats[id] is { } seat)
            seat.Address = null;
        _dialers[id]?.Cancel();
        _dialers[id] = null;
    }

    private PeerSeat Seat(ServerId id)
    {
        lock (_gate)
            return _seats[id.Value] ??= new(id);
    }
}
