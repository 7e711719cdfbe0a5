using System.Net;
using Quorate.Hosts.Tcp;
using Quorate.Kernel;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Hosts;

/// <summary>The links of one member without a kernel: the test plays the kernel thread.</summary>
internal sealed class PeerEnd : IDisposable
{
    private readonly object _gate = new();
    private readonly List<(InputKind Kind, byte From, byte[] Bytes)> _events = [];
    private readonly Peers _peers = new();
    private readonly Mail[] _batch = new Mail[64];
    private readonly Mailbox<Mail> _mailbox;
    private readonly PeerLinks _links;
    private readonly Thread _thread;
    private volatile bool _isPaused;
    private volatile bool _isOver;

    public PeerEnd(byte id, PeerOptions? options = null, int frameBytesMax = 1 << 20, int port = 0, long mailboxBytes = 1 << 20)
    {
        Id = new(id);
        _mailbox = new(64, mailboxBytes);
        options ??= new() { Listen = Loopback(0) };
        options = options with { Listen = options.Listen with { Port = port } };
        _links = new(options, new Settings { Id = Id }, frameBytesMax, _mailbox, Log);
        _thread = new(Run) { IsBackground = true };
        _thread.Start();
    }

    public ServerId Id { get; }

    public LogLines Log { get; } = new();

    public int Port => _links.Local.Port;

    /// <summary>Takes no more mail, like a process that is stopped or too slow.</summary>
    public bool IsPaused
    {
        get => _isPaused;
        set => _isPaused = value;
    }

    public long Owed(PeerEnd to)
    {
        lock (_gate)
            return _peers.LinkOf(to.Id)?.Output.Owed ?? 0;
    }

    public static ListenAddress Loopback(int port) => new("127.0.0.1", port, "server.1");

    /// <summary>Begins to hear, and to call those of the others that are to be called.</summary>
    public void Start(params PeerEnd[] others) => StartAt([.. others.Select(other => (other.Id.Value, other.Port))]);

    public void StartAt(params (byte Id, int Port)[] others) =>
        _links.Start([.. others.Select(other => new EnsembleMember(new(other.Id), $"localhost:{other.Port}:1"))]);

    /// <summary>Sends frames in one batch.</summary>
    public void Send(PeerEnd to, params byte[][] frames)
    {
        lock (_gate)
        {
            foreach (var frame in frames)
                _peers.Send(to.Id, frame);
            _peers.Flush();
        }
    }

    /// <summary>What has happened with a member, in order.</summary>
    public (InputKind Kind, byte[] Bytes)[] Of(PeerEnd other)
    {
        lock (_gate)
            return [.. _events.Where(e => e.From == other.Id.Value).Select(e => (e.Kind, e.Bytes))];
    }

    /// <summary>Waits until something has happened so many times with a member; fails with the log when it does not.</summary>
    public async Task Until(InputKind kind, PeerEnd other, int times, CancellationToken cancel)
    {
        for (var begun = Environment.TickCount64; Of(other).Count(e => e.Kind == kind) < times; await Task.Delay(5, cancel))
            if (Environment.TickCount64 - begun > 60_000)
                Assert.Fail($"{kind} did not happen {times} times at {Id} with {other.Id}:\n{string.Join('\n', Log.All)}");
    }

    public void Dispose()
    {
        _links.Dispose();
        _isOver = true;
        _mailbox.Close();
        _thread.Join();
    }

    private void Run()
    {
        while (!_isOver)
        {
            if (_isPaused)
            {
                Thread.Sleep(5);
                continue;
            }
            var count = _mailbox.Take(_batch, TimeSpan.FromMilliseconds(50));
            lock (_gate)
                for (var i = 0; i < count; i++)
                    Receive(_batch[i]);
        }
    }

    private void Receive(Mail mail)
    {
        var from = mail.Peer!.Id.Value;
        switch (mail.Kind)
        {
            case InputKind.PeerConnected:
                _peers.Add(mail.Peer);
                _events.Add((mail.Kind, from, []));
                break;
            case InputKind.PeerDisconnected:
                _peers.Remove(mail.Peer);
                _events.Add((mail.Kind, from, []));
                break;
            default:
                foreach (var frame in new PeerFrames(mail.Bytes))
                    _events.Add((mail.Kind, from, frame.ToArray()));
                ReceiveBuffers.Return(mail.Buffer!);
                break;
        }
    }
}
