using System.Text;

namespace Quorate.Client;

/// <summary>A place in a queue: the contest that a client runs, and whoever waits for it to be won, lost and left.</summary>
internal sealed class Place : RecipeRun, IDisposable
{
    private readonly ZooClient _client;
    private readonly Contest _contest;
    private readonly string _queue;
    private readonly TaskCompletionSource<Place> _won = new();
    private readonly TaskCompletionSource<Place> _left = new();
    private readonly CancellationTokenSource _ended = new();
    private CancellationToken _cancellation;
    private bool _isWon;   // behind the client's gate
    private Ending _ending;
    private int _isReleased, _isEndTold;

    private Place(ZooClient client, string queue, Contest contest)
        : base(contest)
    {
        (_client, _queue, _contest) = (client, queue, contest);
        Ended = _ended.Token;
    }

    /// <summary>Stands in a queue until it is one's turn.</summary>
    /// <exception cref="TimeoutException">It was not by then.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    /// <exception cref="ZooException">The session is over, or the service refused something.</exception>
    public static Task<Place> Take(
        ZooClient client, string queue, Discipline discipline, QueueOptions options, TimeSpan? timeout, CancellationToken cancellation) =>
        Begin(client, queue, discipline, options, timeout).Turn(cancellation);

    public static Place Begin(ZooClient client, string queue, Discipline discipline, QueueOptions options, TimeSpan? timeout)
    {
        if (timeout is { } patience)
            ArgumentOutOfRangeException.ThrowIfLessThan(patience, TimeSpan.Zero, nameof(timeout));
        return new(client, queue, new(options.Settings(client, queue, discipline, timeout), client.NewSeed()));
    }

    public ZooClient Client => _client;

    public Zxid Token { get; private set; }

    /// <summary>The own znode, once it is won.</summary>
    public string Path { get; private set; } = "";

    /// <summary>A transaction that is carried out only while the own znode is there; once it is won.</summary>
    public ZooTransaction Transaction() => _client.Transaction().Behind(_contest.Guard!, Path);

    /// <summary>Why it has ended. Whoever finds that the fence was reached, before the client has come to notice it, is told so too.</summary>
    public Ending Ending
    {
        get
        {
            var mayAct = MayAct;   // asked first: if it ends just now for another reason, that is known behind this
            if (_ending != Ending.None)
                return _ending;
            return Volatile.Read(ref _isReleased) != 0 ? Ending.Released : !_isWon || mayAct ? Ending.None : Ending.Fenced;
        }
    }

    private Instant EndedAt { get; set; } = Instant.Never;

    public CancellationToken Ended { get; }

    public bool MayAct => Volatile.Read(ref _isReleased) == 0 && _client.MayAct(_contest);

    public override bool Stays => _isWon && Volatile.Read(ref _isReleased) == 0;

    public override bool IsHeld => _isWon && _ending == Ending.None;

    /// <summary>When it ends, as far as is known, or has ended.</summary>
    public Instant Deadline => EndedAt == Instant.Never ? _client.FenceAt : EndedAt;

    /// <summary>Begins to wait, and waits.</summary>
    public async Task<Place> Turn(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _cancellation = cancellation;
        _client.Start(this);
        await using var registration = cancellation.UnsafeRegister(static place => ((Place)place!).Cancel(), this);
        return await _won.Task;
    }

    /// <summary>Nobody waits any more; what was won meanwhile is the caller's all the same.</summary>
    public void Cancel() => _client.Stop(this);

    /// <summary>
    /// Gives up what is held. By the time that the delete is sent nobody may act on it any more, and whoever looks at <see cref="Ended"/>
    /// has been told. Waits for the service to confirm, but not for ever: the client sees to it until the session is over.
    /// </summary>
    public async ValueTask Release()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) == 0)
        {
            TellEnded();
            _client.Stop(this);
        }
        try
        {
            await _left.Task.WaitAsync(_client.CloseTimeout, _client.Time);
        }
        catch (TimeoutException)
        {
            // It goes on in the background.
        }
    }

    public void Dispose() => _ended.Dispose();

    public override void Note(in RecipeEffect effect)
    {
        switch (effect.Kind)
        {
            case RecipeEffectKind.Won:
                (Token, Path) = (effect.Token, $"{_queue}/{Encoding.UTF8.GetString(_contest.Name)}");
                _isWon = true;
                _client.Tell(new Told<Place>(_won, this));
                break;
            case RecipeEffectKind.Ended:
                End(effect.Reason, Why(effect));
                break;
            case RecipeEffectKind.Left:
                _client.Tell(new Told<Place>(_left, this));
                break;
        }
    }

    public override void Break(Exception problem)
    {
        End(Ending.SessionOver, Problems.Broken(OpCode.Create, _queue, problem));
        _client.Tell(new Told<Place>(_left, this));
    }

    private void End(Ending reason, Exception why)
    {
        EndedAt = reason == Ending.Fenced ? Instant.Earlier(_client.Now, _client.FenceAt) : _client.Now;
        _ending = reason;
        if (!_isWon)
            _client.Tell(new ToldOff<Place>(_won, why));
        _client.Tell(new EndTold(this));
    }

    private Exception Why(in RecipeEffect effect) => effect.Reason switch
    {
        Ending.TimedOut => new TimeoutException($"It was not one's turn in {_queue} in time."),
        Ending.Released => new OperationCanceledException($"The place in {_queue} was given up.", _cancellation),
        Ending.Refused when IsRefusedHere => Problems.OfThisClient(effect.Error, OpCode.Create, _queue),
        Ending.Refused => Problems.Of(effect.Error, OpCode.Create, _queue),
        _ => _client.PlaceGone(_queue),
    };

    /// <summary>Fires <see cref="Ended"/>, once; a token that has fired needs its source no more.</summary>
    private void TellEnded()
    {
        if (Interlocked.Exchange(ref _isEndTold, 1) != 0)
            return;
        try
        {
            _ended.Cancel();
        }
        catch (Exception problem)
        {
            _client.Report(problem);
        }
        Dispose();
    }

    private sealed class EndTold(Place place) : ITold
    {
        public void Tell() => place.TellEnded();
    }
}
