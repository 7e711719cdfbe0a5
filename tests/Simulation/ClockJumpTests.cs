using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>Members whose wall clocks are set by a year while clients work: the judges find nothing to object to.</summary>
public class ClockJumpTests
{
    /// <summary>Each fault sets a clock by 24.8 days at most.</summary>
    private const int JumpsOfAYear = 15;

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3)]
    public void Clocks_that_jump_a_year_change_no_answer(int seed)
    {
        var faults = new List<Fault>();
        for (byte member = 1; member <= 3; member++)
        {
            Jump(faults, member, seconds: 3 + member, forward: member != 2);
            Jump(faults, member, seconds: 6 + member, forward: member == 2);
        }
        var outcome = Outcome.Of(new Scenario
        {
            Seed = (ulong)seed,
            Members = 3,
            Clients = [.. Enumerable.Range(1, 4).Select(n => new ClientPlan { Number = n, Operations = 400, Think = TimeSpan.FromMilliseconds(20) })],
            Storm = TimeSpan.FromSeconds(12),
            Faults = faults,
        });
        Assert.Null(outcome.Violation);
        Assert.Equal(6 * JumpsOfAYear, outcome.Faults[FaultClass.ClockJump]);
    }

    private static void Jump(List<Fault> faults, byte member, double seconds, bool forward)
    {
        for (var i = 0; i < JumpsOfAYear; i++)
            faults.Add(new()
            {
                At = TimeSpan.FromSeconds(seconds),
                Kind = FaultKind.Jump,
                Whom = [Party.Member(new(member))],
                Amount = forward ? int.MaxValue : -int.MaxValue,
            });
    }
}
