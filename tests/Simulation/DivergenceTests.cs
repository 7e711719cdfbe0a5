using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Simulation;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;

namespace Quorate.Tests.Simulations;

/// <summary>B4: a member whose memory went wrong, in an ensemble that works: it is that one who stops, whether it leads or not.</summary>
public class DivergenceTests
{
    /// <summary>At a time, one znode of one member's state becomes another, and nobody is told.</summary>
    private sealed class Flip(World world, Func<MemberComputer> whom) : IDue
    {
        public MemberComputer? Victim { get; private set; }

        public void Due(int what, ulong subject, Bytes bytes)
        {
            Victim = whom();
            var tree = Victim.Server!.Machine.Tree;
            tree.Begin();
            tree.SetData(tree.Find("/zookeeper/quota"u8), Encoding.ASCII.GetBytes("struck by a ray"), dataIsNull: false, new(1), 0);
            tree.Commit();
            world.Court.Write($"member {Victim.Id} is struck.");
        }
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public void B4_the_member_that_a_majority_contradicts_stops_and_no_other(bool leads)
    {
        var scenario = new Scenario
        {
            Members = 3,
            Clients = [.. Enumerable.Range(1, 3).Select(static n => new ClientPlan { Number = n, Think = TimeSpan.FromMilliseconds(5) })],
            Storm = TimeSpan.FromSeconds(10),
            Core = [new(1), new(2), new(3)],
        };
        var stops = new Stops();
        var world = new World(scenario, [stops]);
        var flip = new Flip(world, () => world.Members.First(member => member.IsUp && member.Leads == leads));
        world.Agenda.Add(TrueTime.Start + TimeSpan.FromSeconds(4), flip, 0);
        world.Run();
        Assert.NotNull(flip.Victim);
        Assert.Equal([flip.Victim.Id], stops.Members.Distinct());
        Assert.NotNull(flip.Victim.Failure);
        Assert.Contains("contradict", flip.Victim.Failure, StringComparison.Ordinal);
        // To the world, which cannot know what struck the member, that is a false alarm.
        var judge = new FalseAlarm(world);
        judge.Failed(flip.Victim.Id, flip.Victim.Failure!);
        Assert.NotNull(judge.Finding);
    }

    private sealed class Stops : Judge
    {
        public List<ServerId> Members { get; } = [];

        public override void Ended(ServerId member) => Members.Add(member);
    }
}
