using Quorate.Kernel.Storage;
using Quorate.Simulation;
using Quorate.Simulation.Disks;
using Quorate.Simulation.Times;

namespace Quorate.Tests.Simulations;

/// <summary>A leader that cannot read back what a member needs that was away: it finds another way to bring it up to date.</summary>
public class DamagedSupplyTests
{
    /// <summary>Whenever it is due, files of a kind rot throughout on the leader's disk.</summary>
    private sealed class Decay(World world, DiskFileKind kind) : IDue
    {
        public void Due(int what, ulong subject, Bytes bytes)
        {
            var chance = new Chance(1, "decay");
            foreach (var file in world.Leader!.Disk.Files)
                for (var sector = kind == DiskFileKind.Journal ? 16 : 0; file.Name.Kind == kind && sector * SimFile.SectorBytes < file.Length; sector++)
                    file.Rot(sector, ref chance);
        }
    }

    [Theory]
    [InlineData(DiskFileKind.Journal, 100_000, "Others get a snapshot instead.")]
    [InlineData(DiskFileKind.Snapshot, 200, "A new one is taken for who needs it.")]
    public void A_member_that_was_away_comes_back_although_the_leaders_files_are_damaged(DiskFileKind kind, int snapshotEntries, string note)
    {
        var scenario = new Scenario
        {
            Members = 3,
            Settings = new() { SnapshotEveryEntries = snapshotEntries, SnapshotsKept = 1, SegmentBytes = 16 << 10 },
            Limits = Scenario.SmallLimits with { LogRingEntries = 16 },
            Clients = [.. Enumerable.Range(1, 4).Select(static n => new ClientPlan { Number = n, Operations = 100_000, Think = TimeSpan.FromMilliseconds(4) })],
            Storm = TimeSpan.FromSeconds(10),
            Core = [new(1), new(2), new(3)],
            Faults = [new() { At = TimeSpan.FromSeconds(3), For = TimeSpan.FromSeconds(6), Kind = FaultKind.Kill, Whom = [Party.Member(new(3))] }],
        };
        var world = new World(scenario);
        var decay = new Decay(world, kind);
        for (var milliseconds = 8950; milliseconds < 10_000; milliseconds += 50)
            world.Agenda.Add(TrueTime.Start + TimeSpan.FromMilliseconds(milliseconds), decay, 0);
        Assert.Null(world.Run().Violation);
        Assert.True(world.IsAtRest);
        Assert.Contains(world.Court.Log, line => line.Contains(note, StringComparison.Ordinal));
    }
}
