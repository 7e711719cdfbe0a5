using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation;
using Quorate.Simulation.Actors;
using Quorate.Simulation.Disks;
using Quorate.Simulation.Histories;

namespace Quorate.Tests.Simulations;

/// <summary>The shipped client with each of its workloads in worlds of one member, under the judges.</summary>
public class WorkloadTests
{
    private static readonly Party One = Party.Member(new(1));

    public static TheoryData<string> EachWorkload => [.. Workload.Names];

    [Theory]
    [MemberData(nameof(EachWorkload))]
    public void A_workload_ends_under_faults_and_no_judge_objects(string workload)
    {
        for (ulong seed = 1; seed <= 3; seed++)
        {
            var world = new World(Of(seed, workload, Faults));
            var outcome = world.Run();
            Assert.Null(outcome.Violation);
            Assert.True(world.IsAtRest, $"seed {seed}: " + string.Join('\n', world.Court.Log.TakeLast(5)));
            Assert.True(world.Jury.History.Operations.Count(operation => operation.Fate == Fate.Answered) > 300);
            Assert.Contains(world.Jury.History.Operations, operation => operation.Fate == Fate.Unknown && operation.Request.IsWrite);
        }
    }

    [Fact]
    public void The_mixed_workload_meets_every_kind_of_request_answer_and_end()
    {
        var world = new World(Of(5, "mixed", Faults));
        Assert.Null(world.Run().Violation);
        var answered = world.Jury.History.Operations.Where(operation => operation.Fate == Fate.Answered).ToList();
        Assert.Empty(Enum.GetValues<OpCode>()
            .Except([OpCode.Notification, OpCode.Reconfig, OpCode.Sasl, OpCode.SetWatches, OpCode.CreateSession, OpCode.Error])
            .Except(answered.Select(operation => operation.Request.Op)));
        Assert.Empty(Enumerable.Range(0, 7).Except(answered.Where(IsOk).Select(operation => operation.Request).OfType<Request.Create>().Select(create => create.Flags)));
        Assert.Empty(new[] { ErrorCode.Ok, ErrorCode.NoNode, ErrorCode.NodeExists, ErrorCode.BadVersion, ErrorCode.NotEmpty, ErrorCode.NoAuth,
            ErrorCode.InvalidAcl, ErrorCode.BadArguments, ErrorCode.NoWatcher, ErrorCode.NoChildrenForEphemerals, ErrorCode.AuthFailed }
            .Except(answered.Select(operation => operation.Answer!.Error)));
        Assert.Contains(answered, operation => operation.Request is Request.Multi && operation.Answer!.Parts!.All(part => part.Error == ErrorCode.Ok));
        Assert.Contains(answered, operation => operation.Request is Request.Multi && operation.Answer!.Parts!.Any(part => part.Error == ErrorCode.RuntimeInconsistency));
        Assert.Empty(Enum.GetValues<WatchEvent>().Except(world.Jury.History.Watches.Select(seen => seen.What)));
        Assert.Contains(world.Jury.History.Watches, seen => seen.Zxid == WatchSeen.CaughtUp);
        Assert.Empty(Enum.GetValues<SessionChange>().Except(world.Jury.History.Sessions.Select(seen => seen.What)));
    }

    [Fact]
    public void Those_who_stay_at_home_touch_one_island_each_and_never_the_root()
    {
        var world = new World(Of(6, "islands"));
        Assert.Null(world.Run().Violation);
        var touched = world.Jury.History.Operations.Where(operation => operation.Request.Path.Length > 0)
            .Select(operation => (operation.Client, Island: operation.Request.Path.Split('/')[1])).Distinct().ToList();
        Assert.Equal(world.Scenario.Clients.Count, touched.Count);
        Assert.All(touched, pair => Assert.StartsWith("isle", pair.Island, StringComparison.Ordinal));
        var first = world.Jury.History.Operations.Where(operation => operation.Client == 1).Select(operation => operation.Request).ToList();
        Assert.Contains(first.Zip(first.Skip(1)), pair => pair is (Request.Sync, Request.Read));
    }

    [Fact]
    public void A_client_whose_computer_crashes_goes_on_where_it_was()
    {
        Fault crash = new() { At = TimeSpan.FromSeconds(5), For = TimeSpan.FromSeconds(1), Kind = FaultKind.Crash, Whom = [Party.Client(1)] };
        var world = new World(Of(7, "islands", [crash]));
        var outcome = world.Run();
        Assert.Null(outcome.Violation);
        Assert.Equal(1, outcome.Faults[FaultClass.ClientCrash]);
        Assert.True(world.Jury.History.Sessions.Where(seen => seen.Client == 1 && seen.What == SessionChange.Connected).Select(seen => seen.Session).Distinct().Count() > 1);
        Assert.InRange(world.Jury.History.Operations.Count(operation => operation.Client == 1 && IsOwners(operation)), 560, 600);
    }

    [Fact]
    public void Those_who_sleep_watch_whatever_they_read_and_are_told()
    {
        var world = Odd("sleepers", "mixed");
        var asked = world.Jury.History.Operations.Where(static operation => operation.Client == 1 && IsOwners(operation)).ToList();
        Assert.All(asked, static operation => Assert.True(operation.Request is Request.Read { Watch: true }));
        Assert.Contains(world.Jury.History.Watches, static seen => seen.Client == 1);
    }

    [Fact]
    public void Who_haggles_gets_one_timeout_after_the_other_and_keeps_its_session()
    {
        var world = Odd(Haggler.Name, "mixed");
        var granted = world.Jury.History.Sessions.Where(static seen => seen.Client == 1 && seen.What == SessionChange.Connected).ToList();
        Assert.InRange(granted.Select(static seen => seen.Timeout).Distinct().Count(), 3, 4);
        Assert.Single(granted.Select(static seen => seen.Session).Distinct());
    }

    [Fact]
    public void Who_dawdles_is_not_read_from_for_longer_than_its_timeout_and_keeps_its_session()
    {
        var world = Odd(Dawdler.Name, "mixed");
        var granted = world.Jury.History.Sessions.Where(static seen => seen.Client == 1 && seen.What == SessionChange.Connected).ToList();
        Assert.Single(granted.Select(static seen => seen.Session).Distinct());
        var pongs = world.Jury.History.Operations.Where(static operation =>
            operation is { Client: 1, Fate: Fate.Answered, Request.Op: OpCode.Ping }).ToList();
        Assert.Contains(pongs, pong => pong.Returned - pong.Sent > granted[0].Timeout);
    }

    private static World Odd(params string[] workloads)
    {
        var world = new World(Of(9, "mixed") with
        {
            Settings = new() { MinSessionTimeout = TimeSpan.FromSeconds(2) },
            Limits = Scenario.SmallLimits with { RequestsPerConnection = 50 },
            Clients =
            [
                .. workloads.Select(static (workload, place) => new ClientPlan
                {
                    Number = place + 1,
                    Workload = workload,
                    Operations = 600,
                    Think = TimeSpan.FromMilliseconds(20),
                    Session = TimeSpan.FromSeconds(workload == Dawdler.Name ? 2 : 8),
                }),
            ],
        });
        Assert.Null(world.Run().Violation);
        Assert.True(world.IsAtRest, string.Join('\n', world.Court.Log.TakeLast(5)));
        return world;
    }

    [Fact]
    public void The_same_seed_gives_the_same_history()
    {
        string Run(ulong seed)
        {
            var world = new World(Of(seed, "churn", Faults));
            world.Run();
            return string.Join('\n', world.Jury.History.Operations.Select(operation => $"{operation} {operation.Called} {operation.Returned} {operation.Answer}"));
        }
        Assert.Equal(Run(8), Run(8));
        Assert.NotEqual(Run(8), Run(9));
    }

    private static IReadOnlyList<Fault> Faults { get; } =
    [
        At(4, FaultKind.Crash, 0.5), At(6, FaultKind.Kill, 0.1), At(7, FaultKind.Pause, 2), At(10, FaultKind.Crash, 0.2), At(12, FaultKind.Slow, 1, amount: 20),
        new() { At = TimeSpan.FromSeconds(5), For = TimeSpan.FromSeconds(10), Kind = FaultKind.Pause, Whom = [Party.Client(2)] },
    ];

    private static bool IsOk(Operation operation) => operation.Answer!.Error == ErrorCode.Ok;

    private static bool IsOwners(Operation operation) => operation.Request.Op is not (OpCode.Ping or OpCode.Auth or OpCode.SetWatches2);

    private static Scenario Of(ulong seed, string workload, IReadOnlyList<Fault>? faults = null) => new()
    {
        Seed = seed,
        Members = 1,
        Clients =
        [
            .. Enumerable.Range(1, 5).Select(number => new ClientPlan
            {
                Number = number,
                Workload = workload,
                Operations = 600,
                Think = TimeSpan.FromMilliseconds(20),
                Session = TimeSpan.FromSeconds(4),
            }),
        ],
        Storm = TimeSpan.FromSeconds(15),
        Calm = TimeSpan.FromSeconds(40),
        Faults = faults ?? [],
    };

    private static Fault At(double seconds, FaultKind kind, double lasts, int amount = 0) => new()
    {
        At = TimeSpan.FromSeconds(seconds),
        For = TimeSpan.FromSeconds(lasts),
        Kind = kind,
        Whom = [One],
        Mode = CrashMode.Tear,
        Amount = amount,
    };
}
