using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;
using Quorate.Kernel.Wire;
using Quorate.Tests.Storage;

namespace Quorate.Tests.Servers;

/// <summary>An inspection sees what a start would see, and leaves everything as it is.</summary>
public class InspectionTests
{
    private static readonly Settings SmallSegments = new() { SegmentBytes = 8192, SnapshotsKept = 2 };

    [Fact]
    public void The_state_is_the_one_that_the_server_had()
    {
        var world = Lived();
        var inspection = Inspect(world.Disk);
        var state = inspection.State!;
        Assert.Equal((world.Server.Machine.Digest, world.Server.Machine.AppliedIndex), (state.Digest, state.Index));
        Assert.Equal((world.Server.ZnodeCount, 1, 2), (state.Znodes, state.Ephemerals, state.Sessions));
        Assert.Equal(state.Znodes, inspection.Znodes.Count);
        Assert.Equal(["/", "/zookeeper"], inspection.Znodes.Take(2).Select(znode => znode.Path));
        var ephemeral = Assert.Single(inspection.Znodes, znode => znode.Stat.EphemeralOwner != SessionId.None);
        Assert.Equal("/n/e", ephemeral.Path);
        Assert.Equal(1, inspection.Sessions.Single(session => session.Id == ephemeral.Stat.EphemeralOwner).Ephemerals);
        Assert.Null(inspection.Refusal);
    }

    [Fact]
    public void An_empty_folder_has_no_state()
    {
        var inspection = Inspect(new());
        Assert.True(inspection.IsEmpty);
        Assert.Null(inspection.State);
        Assert.Empty(inspection.Znodes);
    }

    /// <summary>Any sector of any file may be damaged: inspection refuses exactly when a start does, and never breaks.</summary>
    [Fact]
    public void A_damaged_folder_is_judged_as_a_start_judges_it()
    {
        var lived = Lived();
        lived.Disk.Kill();
        var sectors = lived.Disk.Files
            .SelectMany(file => Enumerable.Range(0, lived.Disk[file.Kind, file.Number].Length / MemoryDisk.SectorBytes + 1)
                .Select(sector => (file.Kind, file.Number, Sector: sector)))
            .ToArray();
        Gen.Int[0, sectors.Length - 1].Array[1, 2].Sample(damaged =>
        {
            var disk = lived.Disk.Copy();
            foreach (var (kind, number, sector) in damaged.Select(at => sectors[at]))
                disk.Flip(kind, number, sector);
            var inspection = Inspect(disk);
            var world = new World(SmallSegments, disk: disk).Start();
            Assert.Equal(world.Server.State == ServerState.Failed, inspection.Refusal is not null);
            if (inspection.Refusal is { } refusal)
                Assert.Equal(world.Server.Failure, refusal);
            else
                Assert.Equal(world.Server.ZnodeCount, inspection.State!.Znodes);
        }, iter: 400);
    }

    [Fact]
    public void A_damaged_record_leaves_the_state_before_it_to_be_seen()
    {
        var world = World.Serving();
        var client = world.Client();
        for (var i = 0; i < 20; i++)
            client.Create($"/n{i}").Go();
        world.Wait(1);
        var records = Segment(world.Disk, 1).Records;
        var victim = records[^5];
        Flip(world.Disk, 1, victim.Offset + 70);
        var inspection = Inspect(world.Disk);
        Assert.Contains($"offset {victim.Offset}", inspection.Refusal, StringComparison.Ordinal);
        Assert.Equal(records[^6].Position.Index, inspection.State!.Index);
        var worths = Worth(world.Disk, inspection).OfRecords(Segment(world.Disk, 1));
        Assert.Equal(records.Count, worths.Length);
        Assert.Equal(records.Count - 5, Array.FindIndex(worths, worth => worth != RecordWorth.Counts));
        Assert.Equal(RecordWorth.Damaged, Assert.Single(worths, worth => worth != RecordWorth.Counts));
    }

    [Fact]
    public void What_a_crash_tore_is_no_damage_and_after_the_next_start_it_is_overtaken()
    {
        var world = World.Serving();
        var client = world.Client();
        client.Create("/a").Go();
        world.Wait(1);
        world.SlowDisk = true;
        client.Create("/b", new string('b', 2000)).Go();
        var sector = 0;
        while (world.Disk.Waiting > 0 && !IsFlush(world.Disk))
            world.Disk.Perform();
        world.Disk.Crash(keeps: () => ++sector % 3 != 2);
        var inspection = Inspect(world.Disk);
        Assert.Null(inspection.Refusal);
        Assert.NotNull(inspection.Tear);
        Assert.Contains(RecordWorth.Torn, Worth(world.Disk, inspection).OfRecords(Segment(world.Disk, 1)));
        Assert.DoesNotContain(RecordWorth.Damaged, Worth(world.Disk, inspection).OfRecords(Segment(world.Disk, 1)));

        world.SlowDisk = false;
        world.Start();
        world.Client().Create("/c").Go();
        world.Wait(1);
        inspection = Inspect(world.Disk);
        Assert.Null(inspection.Tear);
        var worths = Worth(world.Disk, inspection).OfRecords(Segment(world.Disk, 1));
        Assert.Equal(RecordWorth.Overtaken, worths[^1]);
        Assert.DoesNotContain(RecordWorth.Damaged, worths);
    }

    [Fact]
    public void Records_say_what_they_ask_for()
    {
        var world = World.Serving();
        var client = world.Client();
        client.Create("/a").Set("/a", "x").Delete("/a").Multi((OpCode.Create, Made), (OpCode.Check, Checked)).CloseSession().Go();
        var file = world.Disk[DiskFileKind.Journal, 1];
        var commands = Segment(world.Disk, 1).Records.Select(record => CommandReport.Of(DataFolderReport.Body(file, record))!).ToArray();
        Assert.Equal(
            ["Open ", "Level ", "CreateSession ", "Create /a", "SetData /a", "Delete /a", "Multi Create /m, Check /m", "CloseSession "],
            commands.Select(command => $"{command.Op?.ToString() ?? command.Kind.ToString()} {command.Path}"));
        Assert.All(commands[3..], command => Assert.Equal(client.Session, command.Session.Value));
        Assert.Equal([1UL, 2UL, 3UL, 4UL, 5UL], commands[3..].Select(command => command.Sequence));

        static void Made(JuteWriter w)
        {
            Front.Ask.Text(w, "/m");
            Front.Ask.Text(w, "d");
            Front.Ask.Open(w);
            w.Int(0);
        }

        static void Checked(JuteWriter w)
        {
            Front.Ask.Text(w, "/m");
            w.Int(0);
        }
    }

    /// <summary>A server with segments, snapshots, sessions and an ephemeral.</summary>
    private static World Lived()
    {
        var world = World.Serving(SmallSegments);
        var (client, other) = (world.Client(timeout: 40_000), world.Client(timeout: 40_000));
        client.Create("/n").Go();
        for (var i = 0; i < 60; i++)
        {
            other.Create($"/n/{i}", new string('d', 100)).Go();
            if (i % 25 == 24)
                world.Obey(OperatorRequest.Snapshot);
        }
        client.Ephemeral("/n/e").Go();
        world.Wait(1);
        return world;
    }

    private static FolderInspection Inspect(MemoryDisk disk)
    {
        var before = disk.Contents();
        var (inspection, effects) = (new FolderInspection(), new Effects());
        inspection.Begin(effects);
        for (disk.Take(effects); disk.Waiting > 0; disk.Take(effects))
        {
            var (ticket, outcome, bytes) = disk.Perform();
            inspection.Completed(ticket, outcome, bytes, effects);
            for (var i = 0; i < effects.Count; i++)
                Assert.True(effects[i].Kind is EffectKind.DiskRead or EffectKind.DiskList);
        }
        Assert.True(inspection.IsDone);
        Assert.Equal(before, disk.Contents());
        return inspection;
    }

    private static JournalSegmentReport Segment(MemoryDisk disk, ulong number) => DataFolderReport.Segment(
        number, DataFolderReport.Superblock(disk[DiskFileKind.Superblock])[0].Birth, disk[DiskFileKind.Journal, number]);

    private static JournalWorth Worth(MemoryDisk disk, FolderInspection inspection) => new(
        [.. disk.Files.Where(file => file.Kind == DiskFileKind.Journal).Select(file => Segment(disk, file.Number))],
        firstSegment: 0, inspection.State!.Index, inspection.Tear);

    private static void Flip(MemoryDisk disk, ulong segment, long offset)
    {
        var bytes = disk[DiskFileKind.Journal, segment];
        bytes[offset] ^= 1;
        disk[DiskFileKind.Journal, segment] = bytes;
    }

    private static bool IsFlush(MemoryDisk disk) => disk.Next.Kind == EffectKind.DiskFlush;
}
