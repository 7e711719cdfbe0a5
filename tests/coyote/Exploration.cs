using Microsoft.Coyote;
using Microsoft.Coyote.Logging;
using Microsoft.Coyote.SystematicTesting;
using Quorate.Hosts.Tcp;

namespace Quorate.Tests.Coyote;

/// <summary>Runs one concurrent scenario under many schedules.</summary>
internal static class Exploration
{
    private const uint SchedulesClean = 500;
    private const uint SchedulesPlanted = 5_000;
    private static readonly TimeSpan StandstillPatience = TimeSpan.FromMinutes(2);

    /// <summary>The scenario holds in every schedule that is tried.</summary>
    public static void Holds(Func<Task> scenario)
    {
        var report = Explore(scenario, Race.None, SchedulesClean);
        Assert.True(report.NumOfFoundBugs == 0, string.Join('\n', report.BugReports));
        Assert.Empty(report.UncontrolledInvocations);
    }

    /// <summary>With a planted race, some schedule breaks the scenario, and what Coyote says of it contains a text.</summary>
    public static void Finds(Race race, Func<Task> scenario, string says)
    {
        var report = Explore(scenario, race, SchedulesPlanted);
        Assert.True(report.NumOfFoundBugs > 0, $"{race} was not found in {SchedulesPlanted} schedules");
        Assert.Contains(says, string.Join('\n', report.BugReports), StringComparison.Ordinal);
    }

    private static TestReport Explore(Func<Task> scenario, Race race, uint schedules)
    {
        var configuration = Configuration.Create()
            .WithTelemetryEnabled(false)
            .WithVerbosityEnabled(VerbosityLevel.None)
            .WithTestingIterations(schedules)
            .WithRandomGeneratorSeed(1)
            .WithMaxSchedulingSteps(5_000)
            // Of a schedule that stands still in real time, which on a busy machine says nothing; deadlocks themselves are seen at once.
            .WithDeadlockTimeout((uint)StandstillPatience.TotalMilliseconds)
            .WithPartiallyControlledConcurrencyAllowed(false);
        Planted.Active = race;
        try
        {
            using var engine = TestingEngine.Create(configuration, scenario);
            Assert.True(engine.IsTestRewritten(), "the assembly was not rewritten");
            engine.Run();
            return engine.TestReport;
        }
        finally
        {
            Planted.Active = Race.None;
        }
    }
}
