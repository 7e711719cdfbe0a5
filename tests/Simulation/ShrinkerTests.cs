using Quorate.Kernel.Ground;
using Quorate.Simulation;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Shrinking;
using Quorate.Simulation.Times;

namespace Quorate.Tests.Simulations;

/// <summary>A scenario becomes as small as its verdict allows, and keeps the verdict.</summary>
public class ShrinkerTests
{
    private static readonly Violation Broken = new("Durability", "Operation 12 of client 3 was acknowledged and is nowhere.", new(50_000_000));

    /// <summary>Decides by a rule instead of running anything, and remembers the order in which it was asked.</summary>
    private sealed class Rule(Predicate<Scenario> isGuilty, int most = int.MaxValue) : ITrials
    {
        public int Runs { get; private set; }

        public bool IsOver => Runs >= most;

        public (int Place, Violation Violation)? First(IReadOnlyList<Scenario> candidates, Func<Scenario, Violation?> judge)
        {
            for (var place = 0; place < candidates.Count && !IsOver; place++)
            {
                Runs++;
                Assert.Null(candidates[place].Check());
                if (isGuilty(candidates[place]))
                    return (place, Broken);
            }
            return null;
        }
    }

    private static Scenario Shrunk(Scenario scenario, ITrials trials)
    {
        var shrinker = new Shrinker(scenario, Broken, trials, static _ => { });
        shrinker.Run();
        return shrinker.Scenario;
    }

    [Fact]
    public void Of_many_faults_those_that_it_takes_are_left()
    {
        var scenario = Swarm.Expand(12, members: 3);
        var one = scenario.Faults.First(static fault => fault.Kind == FaultKind.Kill);
        var other = scenario.Faults.Last(static fault => fault.Kind == FaultKind.Restart);
        Assert.True(scenario.Faults.Count > 200);
        var rule = new Rule(tried => tried.Faults.Any(fault => fault.Kind == one.Kind && fault.Whom.SequenceEqual(one.Whom))
            && tried.Faults.Any(fault => fault.Kind == other.Kind && fault.Whom.SequenceEqual(other.Whom)) && tried.Members == 3);
        var shrunk = Shrunk(scenario with { Storm = TimeSpan.FromMinutes(1) }, rule);
        Assert.Equal([FaultKind.Kill, FaultKind.Restart], shrunk.Faults.Select(static fault => fault.Kind).Order());
        Assert.Empty(shrunk.Clients);
        Assert.True(rule.Runs < 1500, $"{rule.Runs} runs");
    }

    [Fact]
    public void Clients_go_and_faults_name_those_that_are_left_by_their_new_numbers()
    {
        var scenario = Swarm.Expand(12, members: 3) with { Faults = [Cut(Party.Client(2), Party.Client(4)), Cut(Party.Client(5), Party.Client(1))] };
        scenario = scenario with { Clients = [.. scenario.Clients.Take(5)] };
        var wanted = scenario.Clients[3];
        var shrunk = Shrunk(scenario, new Rule(tried => tried.Clients.Any(client => client.Workload == wanted.Workload && client.Operations >= 37)
            && tried.Faults.Any(fault => fault.To is [{ Kind: PartyKind.Client, Number: var number }] && tried.Clients[number - 1].Workload == wanted.Workload)));
        var client = shrunk.Clients.Single(client => client.Operations > 0);
        Assert.Equal(37, client.Operations);
        Assert.Equal([Party.Client(client.Number)], Assert.Single(shrunk.Faults).To);
        Assert.True(shrunk.Clients.Count <= 2);
        Assert.Equal(1, shrunk.Members);

        static Fault Cut(Party from, Party to) => new()
        {
            At = TimeSpan.FromSeconds(3),
            For = TimeSpan.FromSeconds(1),
            Kind = FaultKind.Cut,
            Whom = [from],
            To = [to],
        };
    }

    [Fact]
    public void Members_go_and_the_core_stays_a_majority_that_nothing_damages()
    {
        var scenario = Swarm.Expand(38, members: 5) with { Core = [new(3), new(4), new(5)], Observers = 2, Faults = [] };
        var shrunk = Shrunk(scenario, new Rule(static tried => tried.Members >= 3));
        Assert.Equal((3, 0), (shrunk.Members, shrunk.Observers));
        Assert.All(shrunk.Core, static id => Assert.True(id.Value <= 3));
    }

    [Fact]
    public void What_is_unusual_about_the_world_becomes_usual_and_what_varies_stands_still()
    {
        var shrunk = Shrunk(Swarm.Expand(12), new Rule(static tried => tried.Settings.SnapshotEveryEntries == Swarm.Expand(12).Settings.SnapshotEveryEntries));
        var text = ScenarioText.Print(shrunk).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains($"settings snapshotEntries={Swarm.Expand(12).Settings.SnapshotEveryEntries}", text);
        Assert.DoesNotContain(text, static line => line.StartsWith("limits", StringComparison.Ordinal));
        Assert.Equal((0, TimeSpan.Zero, TimeSpan.Zero), (shrunk.Drift, shrunk.Network.Tail, shrunk.TimerLateness));
        Assert.True(shrunk.Storm < TimeSpan.FromMilliseconds(5));
    }

    [Fact]
    public void What_comes_after_the_violation_goes_at_once()
    {
        var scenario = Swarm.Expand(12, members: 3);
        var shrunk = Shrunk(scenario, new Rule(static _ => true, most: 1));
        Assert.True(shrunk.Faults.Count < scenario.Faults.Count);
        Assert.All(shrunk.Faults, static fault => Assert.True(fault.At <= Broken.At - TrueTime.Start));
        Assert.Equal(Broken.At - TrueTime.Start, shrunk.WarmUp + shrunk.Storm);
    }

    [Fact]
    public void It_ends_when_there_have_been_enough_runs()
    {
        var rule = new Rule(static tried => tried.Faults.Count > 3, most: 10);
        Shrunk(Swarm.Expand(12, members: 3), rule);
        Assert.Equal(10, rule.Runs);
    }

    [Fact]
    public void A_scenario_that_was_shrunk_comes_back_from_its_text()
    {
        var shrunk = Shrunk(Swarm.Expand(12, members: 3), new Rule(static tried => tried.Faults.Count >= 3 && tried.Clients.Count >= 1));
        Assert.Equal(ScenarioText.Print(shrunk), ScenarioText.Print(ScenarioText.Parse(ScenarioText.Print(shrunk))));
    }

    [Theory]
    [InlineData("LogAgreement", "Entry 9 is of term 2 with chain aa on member 1, and of term 3 with chain b1 on member 2.", true)]
    [InlineData("LogAgreement", "Member 2 committed entry 17 after entry 12.", false)]
    [InlineData("TreeAgreement", "Entry 9 is of term 2 with chain aa on member 1, and of term 3 with chain b1 on member 2.", false)]
    public void A_verdict_is_the_same_when_judge_and_words_are(string judge, string text, bool isSame)
    {
        var violation = new Violation("LogAgreement", "Entry 189 is of term 1 with chain 8577 on member 3, and of term 22 with chain 35e8 on member 1.", default);
        Assert.Equal(isSame, new Likeness(violation).IsLike(new(judge, text, default)));
    }

    [Theory]
    [InlineData("member 2 is down, Follower of term 9, has applied 3 and failed once: The snapshot that is named is not there. Not finished: .", true)]
    [InlineData("member 2 is down, Follower of term 9, has applied 3 and failed once: A segment of the journal is damaged. Not finished: .", false)]
    [InlineData("member 2 is Serving, Follower of term 9, has applied 3. Not finished: client 1 (connected to member 2).", false)]
    public void A_core_that_does_not_come_to_rest_does_so_for_a_reason(string text, bool isSame)
    {
        var violation = new Violation(
            "Rest", "The core did not come to rest: member 1 is down, Leader of term 4, has applied 20 and failed once: The snapshot that is named is not there. Not finished: client 3.", default);
        Assert.Equal(isSame, new Likeness(violation).IsLike(new("Rest", "The core did not come to rest: " + text, default)));
    }

    [Fact]
    public void The_first_that_is_guilty_is_taken_and_runs_are_counted()
    {
        var trials = new Trials(5);
        var scenarios = Enumerable.Range(1, 9).Select(static seed => new Scenario { Seed = (ulong)seed }).ToList();
        Assert.Equal((2, Broken), trials.First(scenarios, static tried => tried.Seed >= 3 ? Broken : null));
        Assert.Equal(3, trials.Runs);
        Assert.Null(trials.First(scenarios, static tried => tried.Seed >= 3 ? Broken : null));
        Assert.True(trials.IsOver);
    }
}
