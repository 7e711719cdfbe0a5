namespace Quorate.Client;

/// <summary>How things that happen reach the kernel's client, and what it wants is done: one at a time, behind one gate.</summary>
public sealed partial class ZooClient
{
    private static readonly TimeSpan Lateness = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ReadingTime = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan WatchfulNap = TimeSpan.FromSeconds(1);

    private enum EventKind : byte
    {
        None,
        Tick,
        Opened,
        Received,
        Closed,
        Abandon,
        RecipeBegins,
        RecipeLeaves,
        RecipesEnd,
    }

    /// <summary>Something that happened.</summary>
    private readonly ref struct Happening
    {
        public EventKind Kind { get; init; }
        public Link? Link { get; init; }
        public ReadOnlySpan<byte> Bytes { get; init; }
        public string? Reason { get; init; }
        public RecipeRun? Recipe { get; init; }
    }

    /// <summary>
    /// Takes what has been asked and what happened, and does what follows. Whoever is to be told of it is told in a turn, never here: not
    /// on the thread of a connection, which must go on reading, and not behind the gate. Nothing is thrown from here.
    /// </summary>
    private void Enter(Happening happening)
    {
        lock (_gate)
            try
            {
                TickRecipes();
                TakeAsked();
                if (_failure is null)
                {
                    Take(happening);
                    Perform();
                    Arm();
                }
            }
            catch (Exception problem)
            {
                GoOutOfService(problem);
            }
        if (!_told.IsEmpty || !_news.IsEmpty)
            _turn.Call();
    }

    private void TakeAsked()
    {
        var now = Now;
        while (_asked.TryDequeue(out var operation))
        {
            if (_failure is not null)
                operation.Failed(Problems.Broken(operation.Op, operation.Path, _failure));
            if (_failure is not null || operation.IsTold)
            {
                _told.Enqueue(operation);
                continue;
            }
            Request(operation, operation.Record.Written, now);
        }
    }

    private void Request(Operation operation, ReadOnlySpan<byte> record, Instant now) => _client.Step(
        new() { Now = now, Kind = ClientInputKind.Request, Subject = TicketOf(operation), Op = operation.Op, Bytes = record }, _effects);

    private ulong TicketOf(Operation operation)
    {
        var ticket = _freeTickets.TryPop(out var free) ? free : _underWay.Count;
        if (ticket == _underWay.Count)
            _underWay.Add(null);
        _underWay[ticket] = operation;
        return (ulong)ticket;
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
            case EventKind.Closed when happening.Link == _link:
                Lose(_link!, happening.Reason ?? "it has closed the connection");
                break;
            case EventKind.Abandon:
                Abandon();
                break;
            case EventKind.RecipeBegins:
                Begin(happening.Recipe!);
                break;
            case EventKind.RecipeLeaves:
                Leave(happening.Recipe!);
                break;
            case EventKind.RecipesEnd:
                EndRecipes();
                break;
        }
    }

    /// <summary>The owner wants no more of this session, whatever the server says.</summary>
    private void Abandon()
    {
        if (_link is { } link)
        {
            Close(link);
            Lose(link, "its client was disposed");
        }
        if (_client.State is not (SessionState.Connecting or SessionState.Suspended))
            return;
        _underWay[NoTicket] = _nothings.Rent(OpCode.CloseSession, null, static (in _, ref _) => default);
        _client.Step(new() { Now = Now, Kind = ClientInputKind.Request, Subject = NoTicket, Op = OpCode.CloseSession }, _effects);
    }

    /// <summary>
    /// A timer that comes late found the process paused, and what the server sent meanwhile may be on its way up still. It is read first,
    /// so that a server is not left for silence that was not its own.
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
        Close(link);
        var most = $"{_options.AnswerBytesMax} bytes (ZooClientOptions.AnswerBytesMax)";
        Lose(link, $"it sent a frame of more than {most}, or of a negative length");
    }

    /// <summary>Does what the kernel's client wants; what fails of that may let it want more.</summary>
    private void Perform()
    {
        for (var i = 0; i < _effects.Count; i++)
        {
            ref readonly var effect = ref _effects[i];
            switch (effect.Kind)
            {
                case ClientEffectKind.Connect:
                    Connect(effect.Subject, _servers.Servers[effect.Server]);
                    break;
                case ClientEffectKind.Send when _link?.Number == effect.Subject:
                    Send(_link, _effects.Bytes(effect));
                    break;
                case ClientEffectKind.HangUp when _link?.Number == effect.Subject:
                    HangUp(_link);
                    break;
                case ClientEffectKind.Completed:
                    Complete(effect);
                    break;
                case ClientEffectKind.Event:
                    Notice(effect);
                    ShowRecipes(effect);
                    break;
                case ClientEffectKind.State:
                    Become(effect.State);
                    ShowRecipes(effect);
                    break;
            }
        }
        _effects.Clear();
    }

    private void Connect(ulong number, ServerAddress server)
    {
        _link = new(this, number, server, _options.AnswerBytesMax);
        try
        {
            _link.Transport = _transport.Connect(server, _link);
        }
        catch (Exception problem)
        {
            Lose(_link, problem.Message);
        }
    }

    private void Send(Link link, ReadOnlySpan<byte> bytes)
    {
        try
        {
            link.Transport!.Send(bytes);
        }
        catch (Exception problem)
        {
            Close(link);
            Lose(link, problem.Message);
        }
    }

    private void HangUp(Link link)
    {
        if (_client.Fault != LinkFault.None)
            _lastFault = $"{link.Server} was left: {Problems.Of(_client.Fault)}";
        Close(link);
        _link = null;
    }

    private static void Close(Link link)
    {
        try
        {
            link.Transport!.Close();
        }
        catch (Exception)
        {
            // It is of no use any more, whatever it says.
        }
    }

    /// <summary>A connection is gone, and nobody listens to it any more.</summary>
    private void Lose(Link link, string reason)
    {
        (_link, _lastFault) = (null, $"{link.Server}: {reason}");
        _client.Step(new() { Now = Now, Kind = ClientInputKind.Closed, Subject = link.Number }, _effects);
    }

    private void Complete(in ClientEffect effect)
    {
        var ticket = (int)effect.Subject;
        var operation = _underWay[ticket]!;
        _underWay[ticket] = null;
        if (ticket != NoTicket)
            _freeTickets.Push(ticket);
        if (operation is RecipeRequest request)
        {
            Answer(request, effect);
            return;
        }
        if (effect.Fate != Fate.Answered)
            operation.Failed(Problems.Unanswered(effect.Fate, effect.Error, operation.Op, operation.Path, _client.State, LastFault));
        else
            try
            {
                operation.Granted?.Invoke(effect.Error);
                operation.Answered(
                    new() { Error = effect.Error, Zxid = effect.Zxid, Body = _effects.Bytes(effect), ChrootBytes = _chrootBytes });
            }
            catch (Exception problem)
            {
                operation.Failed(Problems.Undecodable(operation.Op, operation.Path, problem));
            }
        _told.Enqueue(operation);
    }

    private void Become(SessionState state)
    {
        State = state;
        _news.Enqueue(state);
        if (state == SessionState.Connected)
        {
            _told.Enqueue(new Told<SessionState>(_firstConnected, state));
            ResumeWatches();
        }
        if (!IsOver(state))
            return;
        _told.Enqueue(new ToldOff<SessionState>(_firstConnected, Problems.Over(state, OpCode.CreateSession)));
        _told.Enqueue(new Told<SessionState>(_ended, state));
        EndWatches(state);
    }

    private static bool IsOver(SessionState state) => state is SessionState.Expired or SessionState.Closed or SessionState.AuthFailed;

    /// <summary>
    /// What only an error of this program can bring about: nothing that the client knows can be relied on, so it ends, and leaves nobody
    /// waiting. The session ends by its timeout.
    /// </summary>
    private void GoOutOfService(Exception problem)
    {
        _failure = problem;
        _effects.Clear();
        if (_link is { Transport: not null } link)
            Close(link);
        _link = null;
        foreach (var operation in _underWay)
            if (operation is not null)
            {
                operation.Failed(Problems.Broken(operation.Op, operation.Path, problem));
                _told.Enqueue(operation);
            }
        _underWay.Clear();
        BreakRecipes(problem);
        if (!IsOver(State))
            Become(SessionState.Expired);
        TakeAsked();
    }

    /// <summary>Sets the timer earlier if need be; one that is too early finds that out when it fires.</summary>
    /// <remarks>
    /// A timer stands still while the computer is suspended, and the clock does not. So whoever holds something looks at the clock now and
    /// then: else it would hear of the fence that was reached meanwhile only as late as if there had been no suspension.
    /// </remarks>
    private void Arm()
    {
        var next = Instant.Earlier(Instant.Later(_client.NextDeadline, _readsUntil), RecipesDue);
        if (_runs.Exists(static run => run.IsHeld))
            next = Instant.Earlier(next, Now + WatchfulNap);
        if (next >= _armedFor)
            return;
        _armedFor = next;
        var wait = next - Now;
        _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A connection, and what has arrived of the next frame.</summary>
    private sealed class Link(ZooClient client, ulong number, ServerAddress server, int frameBytesMax) : ILinkOwner
    {
        public ulong Number => number;

        public ServerAddress Server => server;

        public IClientLink? Transport { get; set; }

        public FrameInbox Inbox { get; } = new(frameBytesMax);

        void ILinkOwner.Opened() => client.Enter(new() { Kind = EventKind.Opened, Link = this });

        void ILinkOwner.Received(ReadOnlySpan<byte> bytes) => client.Enter(new() { Kind = EventKind.Received, Link = this, Bytes = bytes });

        void ILinkOwner.Closed(string reason) => client.Enter(new() { Kind = EventKind.Closed, Link = this, Reason = reason });
    }
}
