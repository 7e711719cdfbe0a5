using System.Threading.Tasks.Sources;

namespace Quorate.Client;

/// <summary>
/// One request on its way, and whoever awaits it. Operations are used again, so a steady load allocates nothing for them.
/// </summary>
internal abstract class Operation : ITold
{
    private const int RecordKept = 16 << 10;

    /// <summary>The record, as it is sent.</summary>
    public Arena Record { get; } = new(256, RecordKept);

    public OpCode Op { get; protected set; }

    /// <summary>Of which znode, as the caller named it.</summary>
    public string? Path { get; protected set; }

    /// <summary>What is done when the server has granted it, in the order of the server's answers: keeping a watch.</summary>
    public Action<ErrorCode>? Granted { get; set; }

    /// <summary>Whoever awaits it has given up, or been told.</summary>
    public abstract bool IsTold { get; }

    /// <summary>Reads the answer; nobody is told yet.</summary>
    public abstract void Answered(in Answer answer);

    /// <summary>There is no answer; nobody is told yet.</summary>
    public abstract void Failed(Exception problem);

    /// <summary>Tells whoever awaits it. What follows there may run before the call returns.</summary>
    public abstract void Tell();
}

/// <summary>A request whose result is a <typeparamref name="T"/>.</summary>
/// <remarks>
/// Two hold an operation: the client until it has told the outcome, and the caller until it has taken the result. When both have let go it
/// returns to its pool. A caller that gives up waiting is told soon; what becomes of the request nobody hears then.
/// </remarks>
internal sealed class Operation<T>(OperationPool<T> pool) : Operation, IValueTaskSource<T>, IValueTaskSource
{
    private const int Holders = 2;

    // Whoever awaits goes on where it is told, which is the client's turn: the next of its kind is on its way by then, so it may even
    // block.
    private ManualResetValueTaskSourceCore<T> _core;
    private AnswerReader<T> _reader = null!;
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancel;
    private ZooClient? _client;
    private Exception? _problem;
    private T _result = default!;
    private ErrorCode _accepted;
    private int _holders, _isTold;

    public override bool IsTold => Volatile.Read(ref _isTold) != 0;

    public void Begin(OpCode op, string? path, AnswerReader<T> reader, ErrorCode accepted)
    {
        (Op, Path, _reader, _accepted) = (op, path, reader, accepted);
        _holders = Holders;
        _isTold = 0;
    }

    /// <summary>Nobody will ask for it: back to its pool.</summary>
    public void Drop()
    {
        _holders = 1;
        LetGo();
    }

    /// <summary>What the caller awaits.</summary>
    public ValueTask<T> AsTask(ZooClient client, CancellationToken cancel)
    {
        var task = new ValueTask<T>(this, _core.Version);
        Register(client, cancel);
        return task;
    }

    /// <summary>What a caller awaits that wants no result.</summary>
    public ValueTask AsPlainTask(ZooClient client, CancellationToken cancel)
    {
        var task = new ValueTask(this, _core.Version);
        Register(client, cancel);
        return task;
    }

    public override void Answered(in Answer answer)
    {
        if (answer.Error != ErrorCode.Ok && answer.Error != _accepted)
        {
            _problem = Problems.Of(answer.Error, Op, Path);
            return;
        }
        var reader = new JuteReader(answer.Body);
        _result = _reader(answer, ref reader);
        if (reader.Failed)
            _problem = Problems.Undecodable(Op, Path, null);
    }

    public override void Failed(Exception problem) => _problem = problem;

    public override void Tell()
    {
        if (Interlocked.Exchange(ref _isTold, 1) == 0)
        {
            if (_problem is null)
                _core.SetResult(_result);
            else
                _core.SetException(_problem);
        }
        LetGo();
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    public T GetResult(short token)
    {
        // Of a task that was awaited before, or is asked too early, nothing is let go: the operation may be somebody else's by now.
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
            throw new InvalidOperationException("The result is not there yet. Await the ValueTask, once.");
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            LetGo();
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Register(ZooClient client, CancellationToken cancel)
    {
        if (!cancel.CanBeCanceled)
            return;
        (_client, _cancel) = (client, cancel);
        _registration = cancel.UnsafeRegister(static operation => ((Operation<T>)operation!).GiveUp(), this);
    }

    /// <summary>The caller wants to wait no longer. Its code is not run on the thread of whoever cancelled.</summary>
    private void GiveUp()
    {
        if (Interlocked.Exchange(ref _isTold, 1) == 0)
            _client!.Tell(new GivenUp(this));
    }

    private void TellGivenUp() => _core.SetException(new OperationCanceledException(
        $"{Problems.Named(Op, Path)} was given up; if it was sent, it may still be carried out.", _cancel));

    private void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
            return;
        _registration.Dispose();   // waits for a GiveUp that runs just now
        (_registration, _cancel, _client, _problem, _result, Granted) = (default, default, null, null, default!, null);
        Record.Clear();
        _core.Reset();
        pool.Return(this);
    }

    private sealed class GivenUp(Operation<T> operation) : ITold
    {
        public void Tell() => operation.TellGivenUp();
    }
}
