using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Actors;

/// <summary>Which program plays a client's part.</summary>
internal static class Cast
{
    /// <summary>Everything that a client can do.</summary>
    public static IReadOnlyList<string> Workloads { get; } =
        ["probe", Operator.Name, .. Workload.Names, .. Workload.Special, .. Trade.Names, Registrant.Name, Evictor.Name, Haggler.Name, Dawdler.Name];

    /// <summary>The program of a client, with what the run remembers of it from before its computer crashed.</summary>
    public static IActor For(ClientPlan plan, IActorPorts ports, World world, Diary diary)
    {
        if (Trade.Of(plan.Workload) is { } trade)
            return new Contestant(
                plan, trade, ports, world.Offices, SettingsOf(plan, world), new(world.Scenario.FirstNumber), now =>
                    ClockOf(plan, world, now),
                instant => world.Actors[plan.Number - 1].Clock.When(instant));
        return plan.Workload switch
        {
            Registrant.Name => new Registrant(plan, ports, world.Jury.Registry, SettingsOf(plan, world)),
            Evictor.Name => new Evictor(plan, ports, world.Offices, SettingsOf(plan, world)),
            Haggler.Name => new Haggler(plan, ports),
            Dawdler.Name => new Dawdler(plan, ports, world.Scenario.Limits.RequestsPerConnection),
            "probe" => new Probe(plan, ports, world.Court),
            Operator.Name => new Operator(plan, ports, world.Desk, world.Court),
            _ => new SimClient(ports, Workload.Of(plan), plan.Number, diary, world.Scenario.Limits.FrameBytes),
        };
    }

    private static ClientSettings SettingsOf(ClientPlan plan, World world) => new()
    {
        Servers = world.MemberIds.Count,
        SessionTimeout = plan.Session,
        ClockDrift = world.Scenario.Reckoned,
        FrameBytes = world.Scenario.Limits.FrameBytes,
        RearmingBytes = 1024,
    };

    private static Instant? ClockOf(ClientPlan plan, World world, TrueTime now) =>
        world.Actors[plan.Number - 1] is { IsUp: true, Clock: var clock } ? clock.Read(now).Instant : null;
}
