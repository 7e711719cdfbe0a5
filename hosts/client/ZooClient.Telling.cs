using System.Collections.Concurrent;

namespace Quorate.Client;

/// <summary>How callers are told: in turns, on whatever thread the transport has, with the gate open.</summary>
public sealed partial class ZooClient : ITurning
{
    private const int ToldAtOnce = 1000;

    private readonly ConcurrentQueue<ITold> _told = new();
    private readonly ConcurrentQueue<SessionState> _news = new();
    private int _isTellingNews;
    private SessionState _counted;

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

    /// <summary>A callback of the owner's has failed.</summary>
    internal void Report(Exception problem) => _callbacks.Report(problem);

    private void Count(SessionState state)
    {
        ClientTelemetry.Became(state, before: _counted);
        _counted = state;
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
                _callbacks.Call(StateChanged, state);
            Interlocked.Exchange(ref _isTellingNews, 0);
        }
    }
}
