using Quorate.Kernel.Recipes;

namespace Quorate.Simulation.Actors;

/// <summary>What somebody who stands in queues does there. Shares are out of a thousand of its steps.</summary>
internal sealed record Trade
{
    private static readonly Discipline Reader = Discipline.Read(QueueLayout.Kazoo);

    /// <summary>The name of its workload.</summary>
    public required string Name { get; init; }

    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>Who waits for whom there; of several one is drawn each time.</summary>
    public required IReadOnlyList<(Discipline Discipline, Grip Grip)> Disciplines { get; init; }

    /// <summary>The znode beside the queue into which holders write that do it under their guard.</summary>
    public string Done => $"{Queue}-done";

    /// <summary>Whether only one at a time holds something that it writes by virtue of.</summary>
    public bool HasOneWriter => Disciplines.All(static pair => pair.Grip != Grip.Counted);

    /// <summary>Whether there is a resource that the holder acts on.</summary>
    public bool HasResource => Acts > 0;

    /// <summary>How often a holder acts, in the moment in which it looks whether it may.</summary>
    public int Acts { get; init; }

    /// <summary>How often it looks, and acts at its next step.</summary>
    public int Hesitates { get; init; }

    /// <summary>How often what it does takes a long way.</summary>
    public int Sends { get; init; }

    /// <summary>How often it writes into the tree, under its guard, if it does so at all.</summary>
    public int Commits { get; init; } = 100;

    /// <summary>How often it decides to write there, and does it long afterwards.</summary>
    public int Postpones { get; init; } = 60;

    /// <summary>How often it gives up what it holds.</summary>
    public int Releases { get; init; } = 1;

    /// <summary>How often who waits does not want it any more.</summary>
    public int Cancels { get; init; } = 10;

    /// <summary>How often who waits writes something into its znode.</summary>
    public int Writes { get; init; } = 20;

    /// <summary>Out of a thousand times that it joins, how often its patience has an end.</summary>
    public int TimesOut { get; init; }

    /// <summary>How often it drops its connection.</summary>
    public int Disconnects { get; init; } = 6;

    /// <summary>Out of a thousand requests that make or delete a znode, how many are sent into a connection that breaks.</summary>
    public int Breaks { get; init; } = 80;

    /// <summary>Those who stand for office, who lock, who read and write, who take one of two places.</summary>
    public static IReadOnlyList<Trade> All { get; } =
    [
        new()
        {
            Name = "contender", Queue = "/queues/election", Disciplines = [(Discipline.Election(), Grip.Sole)],
            Acts = 500, Hesitates = 50, Sends = 50,
        },
        new()
        {
            Name = "locker", Queue = "/queues/lock", Disciplines = [(Discipline.Lock(), Grip.Sole)],
            Acts = 500, Hesitates = 50, Sends = 50, Releases = 60, Cancels = 10, TimesOut = 200,
        },
        new()
        {
            Name = "sharer", Queue = "/queues/shared",
            Disciplines = [(Reader, Grip.Shared), (Reader, Grip.Shared), (Discipline.Write(QueueLayout.Kazoo), Grip.Sole)],
            Releases = 60, Cancels = 10, TimesOut = 200,
        },
        new()
        {
            Name = "taker", Queue = "/queues/places", Disciplines = [(Discipline.Semaphore(2), Grip.Counted)],
            Releases = 60, Cancels = 10, TimesOut = 200,
        },
    ];

    /// <summary>The names of their workloads.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(static trade => trade.Name)];

    /// <summary>The trade of a workload; null when it is none.</summary>
    public static Trade? Of(string workload) => All.FirstOrDefault(trade => trade.Name == workload);
}
