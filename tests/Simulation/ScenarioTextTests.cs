using CsCheck;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Simulation;
using Quorate.Simulation.Disks;

namespace Quorate.Tests.Simulations;

/// <summary>Scenarios as text: printing and parsing are each other's inverse, and a mistake is named with its line.</summary>
public class ScenarioTextTests
{
    private static readonly Gen<Party> GenParty = Gen.OneOf(
        Gen.Int[1, 5].Select(static id => Party.Member(new((byte)id))), Gen.Int[1, 3].Select(Party.Client),
        Gen.Const(Party.Leader), Gen.Const(Party.Former), Gen.Const(Party.Follower), Gen.Const(Party.Others), Gen.Const(Party.Clients));

    private static readonly Gen<TimeSpan> GenSpan = Gen.Long[1, 100_000_000].Select(static ticks => new TimeSpan(ticks));

    private static readonly Gen<Fault> GenFault =
        from kind in Gen.Enum<FaultKind>()
        from at in GenSpan
        from lasts in GenSpan
        from whom in GenParty.List[1, 4]
        from to in GenParty.List[1, 4]
        from both in Gen.Bool
        from amount in Gen.Int[-100_000, 100_000]
        from mode in Gen.Enum<CrashMode>()
        from file in Gen.Enum<DiskFileKind>()
        from cue in Gen.Enum<FaultCue>()
        from frames in Gen.Enum<PeerKind>()
        select Meant(new()
        {
            Kind = kind,
            At = at,
            For = lasts,
            Whom = whom,
            To = to,
            BothWays = both,
            Amount = amount,
            Mode = mode,
            File = file,
            Cue = cue,
            Frames = frames,
        });

    private static readonly Gen<Expectation> GenExpectation =
        from what in Gen.Int[0, Expectation.Names.Count - 1]
        from least in Gen.Long[0, 1000]
        from more in Gen.Long[0, 1000]
        from isBounded in Gen.Bool
        select new Expectation(Expectation.Names[what], least, isBounded ? least + more : long.MaxValue);

    [Fact]
    public void A_fault_comes_back_as_it_was_printed() => GenFault.Sample(static fault =>
    {
        var text = FaultText.Print(fault);
        var parsed = FaultText.Parse(text.Split(' '));
        Assert.Equal(fault with { Whom = [], To = [] }, parsed with { Whom = [], To = [] });
        Assert.Equal(fault.Whom, parsed.Whom);
        Assert.Equal(fault.To, parsed.To);
    });

    [Fact]
    public void An_expectation_comes_back_as_it_was_printed() => GenExpectation.List[0, 5].Sample(static expectations =>
        Assert.Equal(expectations, ScenarioText.Parse(ScenarioText.Print(new() { Expectations = expectations })).Expectations));

    [Fact]
    public void Whatever_the_swarm_draws_comes_back_from_its_text_and_runs_the_same_way() => Gen.ULong.Sample(static seed =>
    {
        var scenario = Swarm.Expand(seed);
        var text = ScenarioText.Print(scenario);
        var parsed = ScenarioText.Parse(text);
        Assert.Equal(text, ScenarioText.Print(parsed));
        Assert.Equal(scenario with { Clients = [], Faults = [], Expectations = [], Core = [], Settings = parsed.Settings, Limits = parsed.Limits },
            parsed with { Clients = [], Faults = [], Expectations = [], Core = [] });
        Assert.Equal(scenario.Settings with { Ensemble = [], RequiredSchemes = [], WordsAllowed = [], ConfLines = [], EnviLines = [] },
            parsed.Settings with { Ensemble = [], RequiredSchemes = [], WordsAllowed = [], ConfLines = [], EnviLines = [] });
        Assert.Equal(scenario.Limits, parsed.Limits);
        Assert.Equal(scenario.Core, parsed.Core);
        Assert.Equal(scenario.Clients, parsed.Clients);
        Assert.Null(scenario.Check());
    }, iter: 100);

    [Fact]
    public void A_scenario_run_from_its_text_has_the_digest_of_the_seed()
    {
        var scenario = Swarm.Expand(7, members: 1);
        Assert.Equal(Outcome.Of(scenario).Digest, Outcome.Of(ScenarioText.Parse(ScenarioText.Print(scenario))).Digest);
    }

    [Theory]
    [InlineData("members 3\nmember 1", "line 2: no line begins with 'member'")]
    [InlineData("members three", "line 1: 'three' is no whole number")]
    [InlineData("members 0", "line 1: there can be 1 to 32 of them")]
    [InlineData("\n# all quiet\nstorm 5 s", "line 3: one value was expected")]
    [InlineData("storm 5", "line 1: '5' is no span of time, as in 12.5s, 200ms or 50us")]
    [InlineData("disk colour=red", "line 1: there is no 'colour' here; there are access, flush, tail, stalls, stall, bandwidth")]
    [InlineData("disk flush", "line 1: 'flush' is not name=value")]
    [InlineData("client 2", "line 1: clients are numbered in order; this is client 1")]
    [InlineData("at 1s explode 1", "line 1: 'explode' is no fault; there are pause, kill, crash")]
    [InlineData("at 1s cut 1 for 2s", "line 1: a cut is between two sides, as in: cut 1,2 -> 3 or cut 1 | 2,3")]
    [InlineData("at 1s pause 1", "line 1: a pause lasts, as in: for 2s")]
    [InlineData("at 1s pause 1 for 2s tear", "line 1: 'tear' says nothing about a pause")]
    [InlineData("at 1s pause 4 for 2s", "there is no 4 in: at 1s pause 4 for 2s")]
    [InlineData("at 1s pause c1 for 2s", "there is no c1 in: at 1s pause c1 for 2s")]
    [InlineData("calm 10s core=1", "the core 1 is no majority of 3 members")]
    [InlineData("calm 10s core=1,2\nat 1s rot 2 superblock", "what destroys may befall members of the core only where it can be judged: rot of journals")]
    [InlineData("at 1s misdirect leader journal", "what destroys may befall members of the core only where it can be judged: rot of journals")]
    [InlineData("settings reconfig=yes\nclient 1 workload=operator\nat 1s rot 1 journal", "what destroys may befall members of the core only where it can be")]
    [InlineData("at 1s crash 1 for 2s before", "line 1: a kind of file was expected")]
    [InlineData("at 1s pause 1 for 2s before journal", "line 1: 'before' says nothing about a pause")]
    [InlineData("at 1s drop 1 -> 2 append for 1s", "a stream of frames has no gaps and no other order; this needs datagrams=yes: at 1s drop 1 -> 2 for 1s append")]
    [InlineData("network datagrams=yes\nclient 1\nat 1s hold 1 -> c1 append for 1s", "only members send each other frames of a kind: at 1s hold 1 -> c1 for 1s append")]
    [InlineData("expect elections", "line 1: an expectation says what and how often, as in: expect elections 2, expect expirations none")]
    [InlineData("expect elections many", "line 1: 'many' is no whole number")]
    [InlineData("expect elections 1..2..3", "line 1: '1..2..3' says not how often, as in 2, 1..3 or none")]
    [InlineData("expect miracles 1", "nobody counts miracles; there are elections, leaderChanges")]
    [InlineData("client 1 guarded=yes", "only who stands in a queue has a guard, and client 1 does not: contender, locker, sharer, taker")]
    [InlineData("settings heartbeat=10s", "Settings: Heartbeat must be positive and at most a sixth of MinSessionTimeout.")]
    public void A_mistake_is_named(string text, string complaint)
    {
        var thrown = Assert.Throws<FormatException>(() => ScenarioText.Parse(text));
        Assert.StartsWith(complaint, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Comments_and_empty_lines_say_nothing() =>
        Assert.Equal(5, ScenarioText.Parse("# five of them\n\n  members 5   # an odd number\n").Members);

    /// <summary>What means nothing for a kind of fault is not printed, and comes back as its default.</summary>
    private static Fault Meant(Fault fault) => fault with
    {
        For = fault.Lasts ? fault.For : default,
        To = fault.IsBetween ? fault.To : [],
        BothWays = fault.IsBetween && fault.BothWays,
        Amount = fault.Kind is FaultKind.Slow or FaultKind.Rate or FaultKind.FailWrites or FaultKind.FailFlushes or FaultKind.Jump ? fault.Amount : 0,
        Mode = fault.Kind == FaultKind.Crash ? fault.Mode : default,
        File = fault.Kind is FaultKind.Rot or FaultKind.Misdirect || (fault.TakesDown && fault.Cue != FaultCue.None) ? fault.File : DiskFileKind.Journal,
        Cue = fault.TakesDown ? fault.Cue : default,
        Frames = fault.IsOfFrames ? fault.Frames : PeerKind.Append,
    };
}
