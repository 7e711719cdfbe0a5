namespace Quorate.Kernel.Clients;

/// <summary>How a client behaves, and its bounds; fixed for as long as it lives.</summary>
public sealed record ClientSettings
{
    /// <summary>How many servers there are to choose from. The client numbers them from 0; only its host knows where they are.</summary>
    public int Servers { get; init; } = 1;

    /// <summary>The session timeout to ask for; the server may grant another.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>By how much a clock's rate may differ from true time, in parts per million. The fence holds only within it.</summary>
    public int ClockDrift { get; init; } = 1000;

    /// <summary>The longest pause before a new attempt to connect while not every server has been tried; it doubles with each round.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause before a new attempt to connect, however many have failed.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How many requests may wait for their completion; further ones are refused.</summary>
    public int OutstandingMax { get; init; } = 10_000;

    /// <summary>How many bytes of requests may wait for a connection; further ones are refused.</summary>
    public int WaitingBytesMax { get; init; } = 8 << 20;

    /// <summary>How many paths may be watched; a request that would set a watch beyond it is refused.</summary>
    public int WatchesMax { get; init; } = 100_000;

    /// <summary>How many auth packets are kept for the next connection; further ones are refused.</summary>
    public int CredentialsMax { get; init; } = 64;

    /// <summary>The longest frame that servers accept (jute.maxbuffer); a longer request is refused here, where it does no harm.</summary>
    public int FrameBytes { get; init; } = 1_048_575;

    /// <summary>How long one setWatches2 may get. More watches take several, so that no number of them is too many to reconnect with.</summary>
    public int RearmingBytes { get; init; } = 128 << 10;

    /// <summary>Checks the settings against each other.</summary>
    /// <exception cref="ArgumentException">A setting makes no sense; the message names it.</exception>
    public ClientSettings Validated()
    {
        Demand(Servers >= 1, "Servers must be at least 1");
        Demand(SessionTimeout > TimeSpan.Zero && SessionTimeout.TotalMilliseconds <= int.MaxValue, "SessionTimeout must fit into 31 bits of milliseconds");
        Demand(ClockDrift is >= 0 and < 1_000_000, "ClockDrift must be below a million");
        Demand(Backoff > TimeSpan.Zero && Backoff <= BackoffMax, "Backoff must be positive and at most BackoffMax");
        Demand(OutstandingMax is >= 1 and <= 1 << 30, "OutstandingMax must be 1 to 1,073,741,824");
        Demand(WaitingBytesMax >= 0 && WatchesMax >= 0 && CredentialsMax >= 0, "bounds must not be negative");
        Demand(FrameBytes >= 1024 && RearmingBytes >= 64 && RearmingBytes <= FrameBytes, "RearmingBytes must be 64 to FrameBytes, FrameBytes at least 1024");
        return this;
    }

    private static void Demand(bool holds, string rule)
    {
        if (!holds)
            throw new ArgumentException("ClientSettings: " + rule + ".");
    }
}
