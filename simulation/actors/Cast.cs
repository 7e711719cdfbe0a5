namespace Quorate.Simulation.Actors;

/// <summary>Which program plays a client's part.</summary>
internal static class Cast
{
    /// <summary>The program of a client.</summary>
    public static IActor For(ClientPlan plan, IActorPorts ports, World world) => plan.Workload switch
    {
        "probe" => new Probe(plan, ports, world.Court),
        _ => throw new ArgumentException($"There is no workload {plan.Workload}."),
    };
}
