namespace Quorate.Simulation.Actors;

/// <summary>What a client does with its life. Shares are out of a thousand steps.</summary>
internal sealed record Workload
{
    /// <summary>How many steps it takes; then it keeps its session alive.</summary>
    public int Steps { get; init; } = 1000;

    /// <summary>The mean time between two steps.</summary>
    public TimeSpan Think { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The session timeout it asks for.</summary>
    public TimeSpan Session { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How many steps it takes on average between two pauses.</summary>
    public int Burst { get; init; } = 2;

    /// <summary>How many requests it has outstanding at most.</summary>
    public int Pipelined { get; init; } = 4;

    /// <summary>How many subtrees there are: /i0, /i1, …; /isle0, /isle1, … for those who stay at home.</summary>
    public int Islands { get; init; } = 3;

    /// <summary>How many names there are for the children of a znode.</summary>
    public int KnownNames { get; init; } = 3;

    /// <summary>It only reads.</summary>
    public bool OnlyReads { get; init; }

    /// <summary>Half of what it asks is to be brought up to date.</summary>
    public bool Syncs { get; init; }

    /// <summary>Whatever it reads it watches.</summary>
    public bool Listens { get; init; }

    /// <summary>It makes one ephemeral after the other and keeps them all.</summary>
    public bool Hoards { get; init; }

    /// <summary>Each client keeps to one island and nobody looks at the root, so that the histories of the islands are independent.</summary>
    public bool StaysHome { get; init; }

    /// <summary>Reads set watches, and there are watches of their own.</summary>
    public bool Watches { get; init; } = true;

    /// <summary>Some znodes are ephemeral.</summary>
    public bool Ephemerals { get; init; } = true;

    /// <summary>Some znodes are containers or have a time to live.</summary>
    public bool Upkeep { get; init; } = true;

    /// <summary>Some znodes are not open to all, and some clients show who they are.</summary>
    public bool Lists { get; init; } = true;

    /// <summary>How often it drops its connection and takes the next server.</summary>
    public int Reconnects { get; init; } = 5;

    /// <summary>How often it closes its session and opens another.</summary>
    public int Closes { get; init; } = 3;

    /// <summary>How often it vanishes without a word until its session must have expired.</summary>
    public int Deaths { get; init; } = 1;

    /// <summary>The workloads that the swarm draws from.</summary>
    public static IReadOnlyList<string> Names { get; } = ["mixed", "islands", "watchers", "churn", "pipeline"];

    /// <summary>The workloads of scenarios that want one thing only.</summary>
    public static IReadOnlyList<string> Special { get; } = ["readers", "syncers", "sleepers", "hoarders"];

    /// <summary>How many times as long as others those sleep who wait to be told.</summary>
    private const int SleepLength = 50;

    /// <summary>The workload of a plan.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static Workload Of(ClientPlan plan)
    {
        var workload = new Workload { Steps = plan.Operations, Think = plan.Think, Session = plan.Session, KnownNames = plan.Names };
        return plan.Workload switch
        {
            "mixed" => workload,
            "islands" => workload with { StaysHome = true, Upkeep = false, Lists = false, Watches = false, Deaths = 0 },
            "watchers" => workload with { Islands = 1, Upkeep = false, Lists = false, Reconnects = 30, Pipelined = 8 },
            "churn" => workload with { Reconnects = 60, Closes = 30, Deaths = 10 },
            "pipeline" => workload with { Burst = 32, Pipelined = 64, Reconnects = 10, Closes = 0, Deaths = 0 },
            "readers" => workload with { OnlyReads = true, Reconnects = 0, Closes = 0, Deaths = 0 },
            "syncers" => workload with { OnlyReads = true, Syncs = true, Watches = false, Reconnects = 0, Closes = 0, Deaths = 0 },
            "sleepers" => workload with
            {
                OnlyReads = true,
                Listens = true,
                Think = SleepLength * plan.Think,
                Reconnects = 0,
                Closes = 0,
                Deaths = 0,
            },
            "hoarders" => workload with { Hoards = true, Reconnects = 0, Closes = 0, Deaths = 5 },
            _ => throw new ArgumentException($"There is no workload {plan.Workload}."),
        };
    }
}
