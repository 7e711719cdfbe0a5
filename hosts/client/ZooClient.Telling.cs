using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Quorate.Client;

/// <summary>How callers are told: in turns, on whatever thread the transport has, with the gate open.</summary>
public sealed partial class ZooClient : ITurning
{
    private const int ToldAtOnce = 1000;

    private readonly ConcurrentQueue<ITold> _told = new();
    private readonly ConcurrentQueue<SessionState> _news = new();
    private int _isTellingNews;

    bool ITurning.HasToTell => !_told.IsEmpty || !_news.IsEmpty;

    void ITurning.Run(IThreadPoolWorkItem work) => _transport.Run(work);

    void ITurning.TakeWhatWasAsked()
    {
        if (!_asked.IsEmpty)
            Enter(default);
    }

    void ITurning.TellSome()
    {
        TellNews();
        for (var left = ToldAtOnce; left > 0 && _told.TryDequeue(out var next); left--)
            TellNow(next);
    }

    /// <summary>Has somebody told, soon.</summary>
    internal void Tell(ITold what)
    {
        _told.Enqueue(what);
        _turn.Call();
    }

    /// <summary>A callback of the owner's has failed: that is for the owner to hear, and no reason to stop.</summary>
    internal void Report(Exception problem)
    {
        if (_options.CallbackFailed is not { } callback)
        {
            _transport.Run(new Thrown(problem));
            return;
        }
        try
        {
            callback(problem);
        }
        catch (Exception another)
        {
            _transport.Run(new Thrown(another));
        }
    }

    private void TellNow(ITold next)
    {
        try
        {
            next.Tell();
        }
        catch (Exception problem)
        {
            Report(problem);
        }
    }

    /// <summary>States are told in order, one at a time: by whoever began, also for those who come meanwhile.</summary>
    private void TellNews()
    {
        while (!_news.IsEmpty && Interlocked.Exchange(ref _isTellingNews, 1) == 0)
        {
            while (_news.TryDequeue(out var state))
                try
                {
                    StateChanged?.Invoke(state);
                }
                catch (Exception problem)
                {
                    Report(problem);
                }
            Interlocked.Exchange(ref _isTellingNews, 0);
        }
    }

    /// <summary>An exception that nobody has taken ends where exceptions of timers end.</summary>
    private sealed class Thrown(Exception problem) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute() => ExceptionDispatchInfo.Throw(problem);
    }
}
