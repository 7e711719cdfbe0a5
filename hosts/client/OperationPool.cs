namespace Quorate.Client;

/// <summary>Operations that have been used and wait to be used again.</summary>
internal sealed class OperationPool<T>
{
    private const int Most = 1024;

    private readonly Lock _gate = new();
    private readonly Stack<Operation<T>> _idle = new();

    public Operation<T> Rent(OpCode op, string? path, AnswerReader<T> reader, ErrorCode accepted = ErrorCode.Ok)
    {
        Operation<T>? operation;
        lock (_gate)
            _idle.TryPop(out operation);
        operation ??= new(this);
        operation.Begin(op, path, reader, accepted);
        return operation;
    }

    public void Return(Operation<T> operation)
    {
        lock (_gate)
            if (_idle.Count < Most)
                _idle.Push(operation);
    }
}
