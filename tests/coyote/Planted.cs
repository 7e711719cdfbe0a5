namespace Quorate.Hosts.Tcp;

/// <summary>Races that are in the sources of the host only when they are compiled for these tests: each must be found.</summary>
internal enum Race
{
    None,
    /// <summary>The taker looks, lets go of the lock, and then sleeps: what came in between does not wake it.</summary>
    SleepAfterLooking,
    /// <summary>Closing the mailbox forgets those who wait for room in it.</summary>
    CloseForgetsPutters,
    /// <summary>The sender finds nothing more to send, lets go of the lock, and only then says that it has stopped.</summary>
    StopAfterLooking,
    /// <summary>Whether a client was congested is looked at before what it was sent is subtracted.</summary>
    CongestionBeforeSubtraction,
    /// <summary>A flush is answered before it is done.</summary>
    AnswerBeforeFlush,
    /// <summary>A connection that is held forgets to look again after it was released.</summary>
    HoldWithoutLock,
    /// <summary>The client's turn says that it is over only when it has looked at everything: what is asked meanwhile calls no other.</summary>
    TurnEndsAfterLooking,
    /// <summary>Callers are told before the next turn is called: one that blocks keeps the others from being told.</summary>
    TellWithoutSuccessor,
}

/// <summary>Which race is switched on.</summary>
internal static class Planted
{
    public static Race Active { get; set; }

    public static bool Is(Race race) => Active == race;
}
