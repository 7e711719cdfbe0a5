namespace Quorate.Simulation.Actors;

/// <summary>Which program plays a client's part.</summary>
internal static class Cast
{
    /// <summary>The program of a client, with what the run remembers of it from before its computer crashed.</summary>
    public static IActor For(ClientPlan plan, IActorPorts ports, World world, Diary diary) => plan.Workload switch
    {
        "probe" => new Probe(plan, ports, world.Court),
        Operator.Name => new Operator(plan, ports, world.Desk, world.Court),
        _ => new SimClient(ports, Workload.Of(plan), plan.Number, diary, world.Scenario.Limits.FrameBytes),
    };
}
