using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Quorate.Client;

/// <summary>How callers are told: in turns, on whatever thread the transport has, with the gate open.</summary>
public sealed partial class ZooClient
{
    private readonly ConcurrentQueue<ITold> _told = new();
    private readonly ConcurrentQueue<SessionState> _news = new();
    private int _isTellingNews;

    /// <summary>
    /// A piece of work: takes what was asked, tells who is to be told, and takes what they ask in return, so that what was answered together is
    /// followed by requests that are sent together.
    /// </summary>
    /// <remarks>
    /// Whoever is told goes on within the turn, and may block, for the very answer that waits behind. So the next turn is called before anybody is
    /// told: another thread does then what this one does not come to. When all goes well it finds nothing to do.
    /// </remarks>
    private sealed class Turn(ZooClient client) : IThreadPoolWorkItem
    {
        private const int ToldAtMost = 1000;

        private int _isDue;

        /// <summary>Sees to it that a turn begins after this call.</summary>
        public void Call()
        {
            if (Interlocked.Exchange(ref _isDue, 1) == 0)
                client._transport.Run(this);
        }

        void IThreadPoolWorkItem.Execute()
        {
            Interlocked.Exchange(ref _isDue, 0);
            client.TakeWhatWasAsked();
            if (client._told.IsEmpty && client._news.IsEmpty)
                return;
            Call();
            client.TellNews();
            for (var left = ToldAtMost; left > 0 && client._told.TryDequeue(out var next); left--)
                client.TellNow(next);
            client.TakeWhatWasAsked();
        }
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

    private void TakeWhatWasAsked()
    {
        if (!_asked.IsEmpty)
            Enter(default);
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
