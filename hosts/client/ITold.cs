namespace Quorate.Client;

/// <summary>Something that somebody outside is to be told, in a turn and not behind the gate.</summary>
internal interface ITold
{
    void Tell();
}

/// <summary>A task that is to be completed.</summary>
internal sealed class Told<T>(TaskCompletionSource<T> source, T value) : ITold
{
    public void Tell() => source.TrySetResult(value);
}

/// <summary>A task that is to fail, or to be cancelled where there is no reason. Nobody has to look at it.</summary>
internal sealed class ToldOff<T>(TaskCompletionSource<T> source, Exception? reason) : ITold
{
    public void Tell()
    {
        if (reason is null)
            source.TrySetCanceled();
        else
            source.TrySetException(reason);
        _ = source.Task.Exception;
    }
}
