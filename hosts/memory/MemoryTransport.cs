using System.Globalization;
using Quorate.Client;

namespace Quorate.Hosts.Memory;

/// <summary>Takes a <see cref="ZooClient"/> to the members of an in-memory ensemble: host <c>member-2</c>, whatever the port, is member 2.</summary>
/// <remarks>A client with a transport of its own can be cut off from the ensemble alone: see <see cref="CutOff"/>.</remarks>
public sealed class MemoryTransport : ClientTransport
{
    private const string Prefix = "member-";

    private readonly MemoryEnsemble _ensemble;
    private readonly Lock _gate = new();
    private readonly List<Link> _links = [];
    private TaskCompletionSource _whole = Whole();

    /// <summary>A way to the members of an ensemble.</summary>
    public MemoryTransport(MemoryEnsemble ensemble)
    {
        ArgumentNullException.ThrowIfNull(ensemble);
        _ensemble = ensemble;
        ensemble.Add(this);
    }

    /// <inheritdoc/>
    public override TimeProvider Time => _ensemble.Time.Provider;

    /// <summary>Whether all that servers have sent was taken in, and no connection is just being opened or closed.</summary>
    internal bool IsIdle
    {
        get
        {
            lock (_gate)
                return _links.TrueForAll(static link => link.IsIdle);
        }
    }

    /// <summary>Whether something was lost that is not made good yet.</summary>
    internal bool HasLost
    {
        get
        {
            lock (_gate)
                return _links.Exists(static link => link.HasLost);
        }
    }

    private bool IsCut => !_whole.Task.IsCompleted;

    /// <summary>Whoever uses this transport is cut off: what is sent is lost in both directions, and neither side is told.</summary>
    public void CutOff()
    {
        lock (_gate)
            if (!IsCut)
                _whole = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>The network is whole again. Connections that have lost something break; the others go on.</summary>
    public void Heal()
    {
        Link[] links;
        lock (_gate)
        {
            _whole.TrySetResult();
            links = [.. _links];
        }
        foreach (var link in links)
            link.Resume();
    }

    /// <inheritdoc/>
    public override IClientLink Connect(ServerAddress server, ILinkOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        var link = new Link(this, Find(server), owner);
        lock (_gate)
            _links.Add(link);
        _ = Task.Run(link.Live);
        return link;
    }

    private void Forget(Link link)
    {
        lock (_gate)
            _links.Remove(link);
    }

    private MemoryMember? Find(ServerAddress server) =>
        server.Host.StartsWith(Prefix, StringComparison.Ordinal) &&
        int.TryParse(server.Host.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? _ensemble.Members.FirstOrDefault(member => member.Id.Value == id)
            : null;

    private static TaskCompletionSource Whole()
    {
        var whole = new TaskCompletionSource();
        whole.SetResult();
        return whole;
    }

    /// <summary>A connection to one member.</summary>
    private sealed class Link(MemoryTransport transport, MemoryMember? member, ILinkOwner owner) : IClientLink, IDisposable
    {
        private readonly CancellationTokenSource _closed = new();
        private volatile MemoryConnection? _connection;
        private volatile bool _hasLost, _isBroken, _isParked, _isOpen, _isClosing;
        private volatile int _takenIn;

        public bool HasLost => _hasLost;

        /// <summary>Whether nothing is under way on it but what time may bring.</summary>
        public bool IsIdle => !_isClosing && ((_isParked && transport.IsCut) || (_isOpen && _connection!.Delivered == _takenIn));

        public async Task Live()
        {
            var reason = await Carry().ConfigureAwait(false);
            _connection?.Close();
            if (reason is not null)
                owner.Closed(reason);
            transport.Forget(this);
            Dispose();
        }

        public void Send(ReadOnlySpan<byte> bytes)
        {
            if (transport.IsCut)
                _hasLost = true;
            else
                _connection?.Send(bytes);
        }

        public void Close()
        {
            _isClosing = true;
            try
            {
                _closed.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The member has closed already.
            }
        }

        /// <summary>The network is whole again.</summary>
        public void Resume()
        {
            if (!_hasLost)
                return;
            _isBroken = true;
            Close();
        }

        public void Dispose() => _closed.Dispose();

        /// <summary>Carries frames until the connection ends; says why, or null when it was the owner who closed it.</summary>
        private async Task<string?> Carry()
        {
            if (member is null || member.IsDown)
                return member is null ? "there is no such member" : $"member {member.Id} is down";
            try
            {
                _isParked = transport.IsCut;
                await transport._whole.Task.WaitAsync(_closed.Token).ConfigureAwait(false);
                _isParked = false;
                _connection = member.Connect();
                owner.Opened();
                _isOpen = true;
                while (await _connection.ReceiveAsync(_closed.Token).ConfigureAwait(false) is { Length: > 0 } frames)
                {
                    if (transport.IsCut)
                        _hasLost = true;
                    else
                        owner.Received(frames);
                    _takenIn++;
                }
            }
            catch (OperationCanceledException)
            {
                return _isBroken ? $"the connection to member {member.Id} broke" : null;
            }
            catch (InvalidOperationException problem)
            {
                return problem.Message;   // the member, or the ensemble, has ended just now
            }
            return $"member {member.Id} closed the connection";
        }
    }
}
