using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using Quorate.Kernel.Storage;

namespace Quorate.Hosts.Tcp;

/// <summary>
/// The one thread that steps the kernel: takes a batch of mail, reads the clock, delivers each, settles, flushes what is owed to clients,
/// and sleeps until mail or the kernel's next deadline.
/// </summary>
/// <remarks>
/// <para>
/// The clock is read once per batch and after the batch was taken (C1): a request is never older than the time it is given.
/// </para>
/// <para>
/// Connections take turns: a turn is a few frames, so that one client's burst neither starves the others nor is answered faster than the
/// client reads. A client that is owed too much has no turn until it has read, and nothing is received from it meanwhile: that is how the
/// pressure goes from a socket's output back to its input. The kernel is told as well, for it has requests of that client already. What
/// comes behind a ConnectRequest waits here until that is answered.
/// </para>
/// </remarks>
internal sealed class KernelThread
{
    private const int BatchMails = 256;
    private const int FramesPerBatch = 512;
    private const int FramesPerTurn = 32;

    /// <summary>When this much waits in all, nothing more is read from whoever adds to it.</summary>
    private const long WaitingBytesAll = 64 << 20;

    private readonly Server _server;
    private readonly Mailbox<Mail> _mailbox;
    private readonly Driver<TcpPorts> _driver;
    private readonly KernelMeters _meters;
    private readonly BackupDesk _desk;
    private readonly PeerLinks? _links;
    private readonly ILogger _log;
    private readonly Clients _clients = new();
    private readonly Peers _peers = new();
    private readonly List<ClientSocket> _unflushed = [];
    private readonly List<ClientSocket> _leaving = [];
    private readonly List<ClientSocket> _stalled = [];
    private readonly Queue<ClientSocket> _line = new();
    private readonly Mail[] _batch = new Mail[BatchMails];
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private IReadOnlyList<EnsembleMember> _contacts = [];
    private long _waitingBytes;

    /// <param name="server">The kernel.</param>
    /// <param name="mailbox">What happens to it.</param>
    /// <param name="disk">Where its files are.</param>
    /// <param name="meters">Where its counters go.</param>
    /// <param name="desk">Who wants a backup.</param>
    /// <param name="links">The links with other members; null if it can serve without having heard of any.</param>
    /// <param name="log">Where a bug of its is written.</param>
    public KernelThread(Server server, Mailbox<Mail> mailbox, DiskThread disk, KernelMeters meters, BackupDesk desk, PeerLinks? links, ILogger log)
    {
        _server = server;
        _mailbox = mailbox;
        _driver = new(server, new TcpPorts(_clients, _unflushed, _peers, disk));
        _meters = meters;
        _desk = desk;
        _links = links;
        _log = log;
        _thread = new(Run) { IsBackground = true, Name = "quorate kernel" };
    }

    /// <summary>Done when the server has recovered and, if it is alone, serves; also when it has ended before that.</summary>
    public Task Started => _started.Task;

    /// <summary>Done when the server has ended: null if it stopped in order, else why it could not go on.</summary>
    public Task<string?> Ended => _ended.Task;

    /// <summary>Begins. The first input is a tick, which starts the server.</summary>
    public void Start() => _thread.Start();

    private void Run()
    {
        string? failure = null;
        var broken = false;
        try
        {
            failure = Loop();
        }
        catch (Exception e)
        {
            HostLog.KernelBroke(_log, e);
            failure = $"the kernel broke: {e.Message}";
            broken = true;
        }
        _mailbox.Close();
        foreach (var client in _clients.All().ToArray())
        {
            // A bug says nothing about the replies of its batch: they do not leave.
            if (broken)
                client.Abort();
            else
                client.HangUp();
        }
        // Others find out by the end of their links that this member leads no more; a broken one's last frames say nothing, either.
        _peers.Leave(broken);
        _started.TrySetResult();
        _ended.SetResult(failure);
    }

    private string? Loop()
    {
        // The first tick is due at once.
        for (var patience = TimeSpan.Zero; ; patience = Patience())
        {
            var count = _mailbox.Take(_batch, patience);
            var now = SystemMoment.Now();
            var served = _server.State is ServerState.Serving;   // recovery takes as long as the data folder is large, and keeps nobody waiting
            if (count == 0)
                Deliver(InputKind.Tick, now, 0, []);
            TellStalled(now);
            for (var i = 0; i < count; i++)
                Receive(in _batch[i], now);
            Array.Clear(_batch, 0, count);
            ServeLine(now);
            _driver.Settle();
            Flush();
            MeetMembers();
            if (served)
                HostMeters.Batch(count, SystemMoment.Instant() - now.Instant);
            _meters.Served(_server, now.Instant, count > 0);
            if (_desk.IsWatching)
                _desk.See(_server);

            switch (_server.State)
            {
                case ServerState.Stopped:
                    return null;
                case ServerState.Failed:
                    return _server.Failure ?? "the server failed";
                case ServerState.Looking when _links is not null:
                case ServerState.Serving:
                    _started.TrySetResult();
                    break;
            }
        }
    }

    /// <summary>The ensemble may have changed: whoever is to be linked with is looked for.</summary>
    private void MeetMembers()
    {
        if (_links is null || ReferenceEquals(_contacts, _server.Contacts))
            return;
        _contacts = _server.Contacts;
        _links.Know(_contacts);
    }

    private TimeSpan Patience()
    {
        if (_line.Count > 0)
            return TimeSpan.Zero;
        var deadline = Instant.Earlier(_server.NextDeadline, _meters.Due);
        return deadline == Instant.Never ? TimeSpan.MaxValue : deadline - SystemMoment.Instant();
    }

    private void Receive(in Mail mail, Moment now)
    {
        switch (mail.Kind)
        {
            case InputKind.ClientOpened:
                Deliver(mail.Kind, now, _clients.Add(mail.Client!).Value, mail.Bytes);
                break;
            case InputKind.ClientFrame or InputKind.ClientWord or InputKind.ClientClosed:
                Await(mail.Client!, in mail);
                return;
            case InputKind.PeerFrame:
                DeliverFrames(in mail, now);
                break;
            case InputKind.PeerConnected:
                _peers.Add(mail.Peer!);
                Deliver(mail.Kind, now, mail.Subject, []);
                break;
            case InputKind.PeerDisconnected:
                _peers.Remove(mail.Peer!);
                Deliver(mail.Kind, now, mail.Subject, []);
                break;
            case InputKind.Tick:
                HasRead(mail.Client!, now);
                break;
            default:
                Deliver(mail.Kind, now, mail.Subject, mail.Bytes, mail.Outcome);
                break;
        }
        if (mail.Buffer is not null)
            ReceiveBuffers.Return(mail.Buffer);
    }

    /// <summary>Delivers all that came from another member at once: it is never more than a buffer, and nobody may wait behind clients.</summary>
    private void DeliverFrames(in Mail mail, Moment now)
    {
        foreach (var frame in new PeerFrames(mail.Bytes))
            Deliver(mail.Kind, now, mail.Subject, frame);
    }

    /// <summary>Keeps what was received until it is the connection's turn, and stops reading from it when too much waits in all.</summary>
    private void Await(ClientSocket client, in Mail mail)
    {
        var turn = client.Turn;
        turn.Waiting.Enqueue(mail);
        turn.Ending |= mail.Kind == InputKind.ClientClosed;
        _waitingBytes += mail.Weight;
        StandInLine(client);
        if (turn.IsCrowded || _waitingBytes <= WaitingBytesAll)
            return;
        turn.IsCrowded = true;
        client.Hold(HoldReasons.Crowd, true);
    }

    /// <summary>A mail had its turn.</summary>
    private void Leave(ClientSocket client)
    {
        var turn = client.Turn;
        var mail = turn.Waiting.Dequeue();
        turn.Position = 0;
        client.Served(mail.Weight);
        _waitingBytes -= mail.Weight;
        if (mail.Buffer is not null)
            ReceiveBuffers.Return(mail.Buffer);
        if (!turn.IsCrowded || turn.Waiting.Count > 0)
            return;
        turn.IsCrowded = false;
        client.Hold(HoldReasons.Crowd, false);
    }

    private void TellStalled(Moment now)
    {
        foreach (var client in _stalled)
            Deliver(InputKind.ClientStalled, now, client.Turn.Id.Value, []);
        _stalled.Clear();
    }

    private void HasRead(ClientSocket client, Moment now)
    {
        // One that is broken rather than read stays stalled, so that nothing is made for it; its loop has to find out.
        var isOver = client.Output.IsOver;
        client.Hold(isOver ? HoldReasons.All : HoldReasons.Congestion, false);
        if (client.Turn.IsStalled && !isOver)
        {
            client.Turn.IsStalled = false;
            Deliver(InputKind.ClientDrained, now, client.Turn.Id.Value, []);
        }
        StandInLine(client);
    }

    private void StandInLine(ClientSocket client)
    {
        if (client.Turn.InLine || client.Turn.Waiting.Count == 0)
            return;
        client.Turn.InLine = true;
        _line.Enqueue(client);
    }

    /// <summary>Gives everyone in line one turn, until the batch is full; who has more to say stands in line again.</summary>
    private void ServeLine(Moment now)
    {
        var frames = 0;
        for (var turns = _line.Count; turns > 0 && frames < FramesPerBatch; turns--)
        {
            var client = _line.Dequeue();
            client.Turn.InLine = false;
            if (!MayTakeTurn(client))
                continue;
            frames += TakeTurn(client, now);
            StandInLine(client);
        }
    }

    /// <summary>Whoever may not stands in line again when what it waits for has come about.</summary>
    private static bool MayTakeTurn(ClientSocket client)
    {
        var turn = client.Turn;
        if (IsLost(client))
            return true;
        if (client.Output.Congested)
        {
            // Its mail waits here until it has read; holding it keeps more from coming.
            client.Hold(HoldReasons.Congestion, true);
            return false;
        }
        return !turn.IsHeld && (turn.IsGreeted || turn.Ending || !turn.HasAsked);
    }

    /// <summary>
    /// Whether nothing is to be done for a connection any more: it is being ended, or it has ended or is broken, and its client had not read
    /// what it was owed. Of another that has ended, what it sent before is still done.
    /// </summary>
    private static bool IsLost(ClientSocket client) =>
        client.HungUp || (client.Turn.IsStalled && client.Output.IsOver)
        || (client.Turn.Ending && (client.Turn.IsStalled || client.Output.Congested));

    private int TakeTurn(ClientSocket client, Moment now)
    {
        var turn = client.Turn;
        var frames = 0;
        var lost = IsLost(client);
        var most = lost ? int.MaxValue : turn.HasAsked ? FramesPerTurn : 1;
        turn.HasAsked = true;
        while (frames < most && turn.Waiting.TryPeek(out var mail))
        {
            if (mail.Kind == InputKind.ClientFrame)
                turn.Position = lost ? mail.Length : DeliverFrame(client, in mail, now);
            else
                DeliverLast(client, in mail, now);
            frames++;
            if (turn.Position == mail.Length)
                Leave(client);
        }
        return frames;
    }

    /// <summary>Delivers the frame whose turn it is; returns where the next one begins.</summary>
    private int DeliverFrame(ClientSocket client, in Mail mail, Moment now)
    {
        var start = client.Turn.Position + sizeof(int);
        var length = BinaryPrimitives.ReadInt32BigEndian(mail.Bytes[client.Turn.Position..]);
        Deliver(mail.Kind, now, client.Turn.Id.Value, mail.Bytes.Slice(start, length));
        return start + length;
    }

    /// <summary>Delivers a four-letter word or the end of the connection, behind everything that was received before it.</summary>
    private void DeliverLast(ClientSocket client, in Mail mail, Moment now)
    {
        Deliver(mail.Kind, now, client.Turn.Id.Value, mail.Bytes);
        client.Turn.Position = mail.Length;
        if (mail.Kind == InputKind.ClientClosed)
            _leaving.Add(client);
    }

    private void Flush()
    {
        // Members first: what they are sent is what clients will wait for.
        _peers.Flush();
        foreach (var client in _unflushed)
        {
            client.Output.Unflushed = false;
            client.Output.Flush();
            Replied(client);
        }
        _unflushed.Clear();
        foreach (var client in _leaving)
        {
            _clients.Remove(client);
            client.HangUp();
        }
        _leaving.Clear();
    }

    /// <summary>Something was replied to a client, or the kernel wants to hear of it again.</summary>
    private void Replied(ClientSocket client)
    {
        StandInLine(client);
        if (client.Turn.IsStalled || !client.Output.Congested)
            return;
        client.Turn.IsStalled = true;
        _stalled.Add(client);
    }

    private void Deliver(InputKind kind, Moment now, ulong subject, ReadOnlySpan<byte> bytes, DiskOutcome outcome = DiskOutcome.Done) =>
        _driver.Deliver(new Input { Now = now, Kind = kind, Subject = subject, Outcome = outcome, Bytes = bytes });
}
