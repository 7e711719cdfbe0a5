namespace Quorate.Simulation.Net;

/// <summary>How the network is while nothing in particular is wrong with it. What is counted per million is so during the storm only.</summary>
public sealed record NetworkPlan
{
    /// <summary>Frames between members travel each by itself: they may be lost, doubled and overtaken. Otherwise a loss breaks the connection.</summary>
    public bool Datagrams { get; init; }

    /// <summary>What a frame takes at least.</summary>
    public TimeSpan Floor { get; init; } = TimeSpan.FromMicroseconds(200);

    /// <summary>The mean of what comes on top.</summary>
    public TimeSpan Tail { get; init; } = TimeSpan.FromMicroseconds(200);

    /// <summary>How many bytes go through a link in a second.</summary>
    public long BytesPerSecond { get; init; } = 100_000_000;

    /// <summary>How much a link between members may owe; beyond, a connection breaks and a datagram is lost.</summary>
    public int Capacity { get; init; } = 8 << 20;

    /// <summary>How many of a million frames between members are lost (datagrams), or break their connection.</summary>
    public int Loss { get; init; }

    /// <summary>How many of a million datagrams come twice.</summary>
    public int Duplication { get; init; }

    /// <summary>How many of a million datagrams are late, so that others overtake them.</summary>
    public int Reordering { get; init; }

    /// <summary>How many of a million segments of a client's connection break it.</summary>
    public int ClientBreaks { get; init; }
}
