namespace Quorate.Simulation.Actors;

/// <summary>
/// Asks for another timeout whenever it comes back, and it comes and goes. Now and then it leaves before it can be told what it was granted, and stays
/// away for nearly as long as the timeout allows of which it knows: its session must be there (A5).
/// </summary>
internal sealed class Haggler(ClientPlan plan, IActorPorts ports) : SpokenActor(plan, ports)
{
    /// <summary>The name of its workload.</summary>
    public const string Name = "haggler";

    private const int StayMost = 1000, HasteMost = 40;

    private bool _isInHaste;

    /// <inheritdoc/>
    protected override void Act()
    {
        Ping(TimeSpan.FromMilliseconds(1 + Ports.Dice.Below(StayMost)));
        if (Ports.Dice.Below(3) > 0)
            return;
        Ports.Close();
        _isInHaste = Ports.Dice.Below(2) == 0;
        Dial(Plan.Session / (1 + (int)Ports.Dice.Below(4)));
        if (_isInHaste)
            Rest(TimeSpan.FromMilliseconds(Ports.Dice.Below(HasteMost)));
    }

    /// <inheritdoc/>
    protected override void ComeBack()
    {
        if (!_isInHaste)
        {
            base.ComeBack();
            return;
        }
        _isInHaste = false;
        Ports.Close();
        Rest(Confirmed + Timeout * (50 + (int)Ports.Dice.Below(45)) / 100 - Now);
    }
}
