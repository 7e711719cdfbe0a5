#if PLANTED
using Quorate.Hosts.Tcp;
#endif

namespace Quorate.Client;

/// <summary>Whose turns they are.</summary>
internal interface ITurning
{
    /// <summary>Runs work soon, on another thread or later on this one.</summary>
    void Run(IThreadPoolWorkItem work);

    /// <summary>Takes what was asked, if anything was.</summary>
    void TakeWhatWasAsked();

    /// <summary>Whether anybody waits to be told something.</summary>
    bool HasToTell { get; }

    /// <summary>Tells some of those; they may go on within the call, ask again, and block.</summary>
    void TellSome();
}

/// <summary>
/// A piece of work: takes what was asked, tells who is to be told, and takes what they ask in return, so that what was answered together is
/// followed by requests that are sent together.
/// </summary>
/// <remarks>
/// Whoever is told goes on within the turn, and may block, for the very answer that waits behind. So the next turn is called before anybody
/// is told: another thread does then what this one does not come to. When all goes well it finds nothing to do. A turn that is called and
/// has not begun sees all that came before the call, so one is enough; once it has begun, another must be called.
/// </remarks>
internal sealed class Turn(ITurning owner) : IThreadPoolWorkItem
{
    private int _isDue;

    /// <summary>Sees to it that a turn begins after this call.</summary>
    public void Call()
    {
        if (Interlocked.Exchange(ref _isDue, 1) == 0)
            owner.Run(this);
    }

    void IThreadPoolWorkItem.Execute()
    {
#if PLANTED
        if (Planted.Is(Race.TurnEndsAfterLooking))
        {
            owner.TakeWhatWasAsked();
            owner.TellSome();
            Interlocked.Exchange(ref _isDue, 0);
            return;
        }
#endif
        Interlocked.Exchange(ref _isDue, 0);
        owner.TakeWhatWasAsked();
        if (!owner.HasToTell)
            return;
#if PLANTED
        if (Planted.Is(Race.TellWithoutSuccessor))
        {
            owner.TellSome();
            owner.TakeWhatWasAsked();
            return;
        }
#endif
        Call();
        owner.TellSome();
        owner.TakeWhatWasAsked();
    }
}
