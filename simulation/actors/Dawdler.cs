namespace Quorate.Simulation.Actors;

/// <summary>
/// Asks for more than a server lets stand unanswered and reads the answers slowly, for longer than its timeout: the pings behind what it asks are not read
/// meanwhile, and its session must be there (B10).
/// </summary>
internal sealed class Dawdler : SpokenActor
{
    /// <summary>The name of its workload.</summary>
    public const string Name = "dawdler";

    /// <summary>A server of which so much is asked in vain waits for it, and no longer when half of it is answered; an answer has so many bytes.</summary>
    private const int UnansweredMost = 120, AnswerBytes = 88;

    private readonly int _ahead;
    private readonly TimeSpan _pace;

    /// <param name="plan">The client.</param>
    /// <param name="ports">What it acts through.</param>
    /// <param name="requests">How many requests of one connection a server lets stand unanswered.</param>
    public Dawdler(ClientPlan plan, IActorPorts ports, int requests)
        : base(plan, ports)
    {
        _ahead = Math.Min(2 * requests, UnansweredMost);
        // Half of what may be unanswered takes it one to three timeouts, or half of what its host takes in before a server notices.
        var bytes = Math.Max(AnswerBytes * _ahead / 4, 1 << 10);
        _pace = plan.Session * (100 + (int)ports.Dice.Below(200)) / bytes;
    }

    /// <inheritdoc/>
    public override TimeSpan Pace => IsFinishing ? TimeSpan.Zero : _pace;

    /// <inheritdoc/>
    protected override void Act()
    {
        while (Unanswered < _ahead)
            Look();
        Ping(Timeout / 6);
    }
}
