using System.Runtime.ExceptionServices;

namespace Quorate.Client;

/// <summary>How things that happen reach the kernel's client, and what it wants is done: one at a time, behind one gate.</summary>
public sealed partial class ZooClient
{
    private static readonly TimeSpan Lateness = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ReadingTime = TimeSpan.FromMilliseconds(20);

    private enum EventKind : byte
    {
        None,
        Tick,
        Opened,
        Received,
        Closed,
        Abandon,
    }

    /// <summary>Something that happened.</summary>
    private readonly ref struct Happening
    {
        public EventKind Kind { get; init; }
        public Link? Link { get; init; }
        public ReadOnlySpan<byte> Bytes { get; init; }
        public string? Reason { get; init; }
    }

    /// <summary>Takes what has been asked and what happened, and does what follows. Then, with the gate open again, tells whoever waited.</summary>
    private void Enter(Happening happening)
    {
        List<Operation> told;
        lock (_gate)
        {
            told = _idleLists.TryPop(out var idle) ? idle : [];
            TakeAsked();
            Take(happening);
            Perform(told);
            Arm();
        }
        foreach (var operation in told)
            operation.Tell();
        told.Clear();
        lock (_gate)
            _idleLists.Push(told);
        TellNews();
    }

    private void TakeAsked()
    {
        while (_asked.TryDequeue(out var operation))
        {
            var ticket = _freeTickets.TryPop(out var free) ? free : _underWay.Count;
            if (ticket == _underWay.Count)
                _underWay.Add(null);
            _underWay[ticket] = operation;
            _client.Step(new() { Now = Now, Kind = ClientInputKind.Request, Subject = (ulong)ticket, Op = operation.Op, Bytes = operation.Record.Written }, _effects);
        }
    }

    private void Take(Happening happening)
    {
        switch (happening.Kind)
        {
            case EventKind.Tick when IsForgivablyLate():
                break;
            case EventKind.Tick:
                _client.Step(new() { Now = Now, Kind = ClientInputKind.Tick }, _effects);
                break;
            case EventKind.Opened:
                _client.Step(new() { Now = Now, Kind = ClientInputKind.Opened, Subject = happening.Link!.Number }, _effects);
                break;
            case EventKind.Received when happening.Link == _link:
                TakeFrames(_link!, happening.Bytes);
                break;
            case EventKind.Closed:
                if (happening.Link == _link)
                    (_link, _lastFault) = (null, happening.Reason ?? "");
                _client.Step(new() { Now = Now, Kind = ClientInputKind.Closed, Subject = happening.Link!.Number }, _effects);
                break;
            case EventKind.Abandon:
                Abandon();
                break;
        }
    }

    /// <summary>The owner wants no more of this session, whatever the server says.</summary>
    private void Abandon()
    {
        if (_link is { } link)
        {
            link.Transport!.Close();
            _link = null;
            _client.Step(new() { Now = Now, Kind = ClientInputKind.Closed, Subject = link.Number }, _effects);
        }
        if (_client.State is SessionState.Connecting or SessionState.Suspended)
        {
            _underWay[0] = _nothings.Rent(OpCode.CloseSession, null, static (in _, ref _) => default);
            _client.Step(new() { Now = Now, Kind = ClientInputKind.Request, Subject = 0, Op = OpCode.CloseSession }, _effects);
        }
    }

    /// <summary>
    /// A timer that comes late found the process paused, and what the server sent meanwhile may be on its way up still. It is read first, so
    /// that a server is not left for silence that was not its own.
    /// </summary>
    private bool IsForgivablyLate()
    {
        var now = Now;
        var isLate = _armedFor != Instant.Never && _readsUntil == Instant.Origin && now - _armedFor >= Lateness;
        _armedFor = Instant.Never;
        _readsUntil = isLate ? now + ReadingTime : Instant.Origin;
        return isLate;
    }

    private void TakeFrames(Link link, ReadOnlySpan<byte> bytes)
    {
        var now = Now;
        while (link.Inbox.TryTake(ref bytes, out var frame))
            _client.Step(new() { Now = now, Kind = ClientInputKind.Frame, Subject = link.Number, Bytes = frame }, _effects);
        if (!link.Inbox.IsTooLong)
            return;
        link.Transport!.Close();
        (_link, _lastFault) = (null, $"the server sent a frame of more than {_options.AnswerBytesMax} bytes (ZooClientOptions.AnswerBytesMax)");
        _client.Step(new() { Now = now, Kind = ClientInputKind.Closed, Subject = link.Number }, _effects);
    }

    private void Perform(List<Operation> told)
    {
        for (var i = 0; i < _effects.Count; i++)
        {
            ref readonly var effect = ref _effects[i];
            switch (effect.Kind)
            {
                case ClientEffectKind.Connect:
                    Connect(effect.Subject, _servers.Servers[effect.Server]);
                    break;
                case ClientEffectKind.Send:
                    if (_link?.Number == effect.Subject)
                        _link.Transport!.Send(_effects.Bytes(effect));
                    break;
                case ClientEffectKind.HangUp:
                    HangUp(effect.Subject);
                    break;
                case ClientEffectKind.Completed:
                    told.Add(Complete(effect));
                    break;
                case ClientEffectKind.Event:
                    Notice(effect);
                    break;
                case ClientEffectKind.State:
                    Become(effect.State);
                    break;
            }
        }
        _effects.Clear();
    }

    private void Connect(ulong number, ServerAddress server)
    {
        _link = new(this, number, _options.AnswerBytesMax);
        _link.Transport = _transport.Connect(server, _link);
    }

    private void HangUp(ulong number)
    {
        if (_link?.Number != number)
            return;
        if (_client.Fault != LinkFault.None)
            _lastFault = $"left a server: {_client.Fault}";
        _link.Transport!.Close();
        _link = null;
    }

    private Operation Complete(in ClientEffect effect)
    {
        var ticket = (int)effect.Subject;
        var operation = _underWay[ticket]!;
        _underWay[ticket] = null;
        _freeTickets.Push(ticket);
        if (effect.Fate == Fate.Answered)
        {
            operation.Granted?.Invoke(effect.Error);
            operation.Answered(new() { Error = effect.Error, Zxid = effect.Zxid, Body = _effects.Bytes(effect), ChrootBytes = _chrootBytes });
        }
        else
            operation.Failed(Problems.Unanswered(effect.Fate, effect.Error, operation.Op, operation.Path, _client.State, LastFault));
        return operation;
    }

    private void Become(SessionState state)
    {
        State = state;
        _news.Enqueue(() => StateChanged?.Invoke(state));
        if (state == SessionState.Connected)
            _firstConnected.TrySetResult();
        if (state is not (SessionState.Expired or SessionState.Closed or SessionState.AuthFailed))
            return;
        var problem = Problems.Unanswered(Fate.Lost, state == SessionState.AuthFailed ? ErrorCode.AuthFailed : ErrorCode.SessionExpired, OpCode.CreateSession, null, state, "");
        _firstConnected.TrySetException(problem);
        _ended.TrySetResult(state);
        EndWatches(state);
    }

    /// <summary>Sets the timer earlier if need be; one that is too early finds that out when it fires.</summary>
    private void Arm()
    {
        var next = Instant.Later(_client.NextDeadline, _readsUntil);
        if (next >= _armedFor)
            return;
        _armedFor = next;
        var wait = next - Now;
        _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Tells what happened in order, one at a time, without holding the gate: by whoever began, also for those who come meanwhile.</summary>
    private void TellNews()
    {
        lock (_gate)
        {
            if (_isTelling || _news.Count == 0)
                return;
            _isTelling = true;
        }
        while (true)
        {
            Action? next;
            lock (_gate)
                if (!_news.TryDequeue(out next))
                {
                    _isTelling = false;
                    return;
                }
            try
            {
                next();
            }
            catch (Exception problem)
            {
                // Not this client's to judge, and no reason to stop: it ends where exceptions of timers end.
                ThreadPool.UnsafeQueueUserWorkItem(static thrown => ((ExceptionDispatchInfo)thrown!).Throw(), ExceptionDispatchInfo.Capture(problem));
            }
        }
    }

    /// <summary>A connection, and what has arrived of the next frame.</summary>
    private sealed class Link(ZooClient client, ulong number, int frameBytesMax) : ILinkOwner
    {
        public ulong Number => number;

        public IClientLink? Transport { get; set; }

        public FrameInbox Inbox { get; } = new(frameBytesMax);

        void ILinkOwner.Opened() => client.Enter(new() { Kind = EventKind.Opened, Link = this });

        void ILinkOwner.Received(ReadOnlySpan<byte> bytes) => client.Enter(new() { Kind = EventKind.Received, Link = this, Bytes = bytes });

        void ILinkOwner.Closed(string reason) => client.Enter(new() { Kind = EventKind.Closed, Link = this, Reason = reason });
    }
}
