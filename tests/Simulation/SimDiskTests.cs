using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Storage;
using Quorate.Simulation;
using Quorate.Simulation.Disks;
using Quorate.Simulation.Times;

namespace Quorate.Tests.Simulations;

/// <summary>The disk: what is flushed stays, what is not is in doubt by the sector, requests on one file end in order.</summary>
public class SimDiskTests
{
    private static readonly DiskFile File = new(DiskFileKind.Journal, 1);

    private enum Deed { Write, Flush, Settle, Crash, Kill }

    private static readonly Gen<(Deed Deed, int Offset, int Length, byte Fill, CrashMode Mode)> GenDeed = Gen.Select(
        Gen.Frequency((6, Gen.Const(Deed.Write)), (3, Gen.Const(Deed.Flush)), (3, Gen.Const(Deed.Settle)), (2, Gen.Const(Deed.Crash)), (1, Gen.Const(Deed.Kill))),
        Gen.Int[0, 4000], Gen.Int[1, 2000], Gen.Byte, Gen.Enum<CrashMode>());

    /// <summary>Against the plainest model: for each byte the values that a crash may leave there.</summary>
    [Fact]
    public void After_a_crash_every_sector_is_what_was_flushed_or_what_was_written_since() => Gen.Select(GenDeed.Array[1, 60], Gen.ULong).Sample((deeds, seed) =>
    {
        var bench = new Bench(seed);
        var (written, flushed) = (new byte[8192], new byte[8192]);
        var pending = new List<Action>();
        foreach (var (deed, offset, length, fill, mode) in deeds)
            switch (deed)
            {
                case Deed.Write:
                    bench.Write(File, offset, Filled(length, fill));
                    pending.Add(() => written.AsSpan(offset, length).Fill(fill));
                    break;
                case Deed.Flush:
                    bench.Flush(File);
                    pending.Add(() => flushed = [.. written]);
                    break;
                case Deed.Settle:
                    bench.Settle();
                    pending.ForEach(static change => change());
                    pending.Clear();
                    Assert.Equal(written, bench.Contents(File));
                    break;
                case Deed.Crash or Deed.Kill:
                    bench.Settle();
                    pending.ForEach(static change => change());
                    pending.Clear();
                    if (deed == Deed.Kill)
                        bench.Disk.Kill();
                    else
                        bench.Disk.Crash(mode);
                    var left = bench.Contents(File);
                    for (var sector = 0; sector < left.Length; sector += SimFile.SectorBytes)
                    {
                        var isNew = left.AsSpan(sector, SimFile.SectorBytes).SequenceEqual(written.AsSpan(sector, SimFile.SectorBytes));
                        var isOld = left.AsSpan(sector, SimFile.SectorBytes).SequenceEqual(flushed.AsSpan(sector, SimFile.SectorBytes));
                        Assert.True(isNew || (isOld && deed == Deed.Crash && mode != CrashMode.Keep));
                        Assert.True(isOld || deed == Deed.Kill || mode != CrashMode.Lose);
                    }
                    (written, flushed) = (left, deed == Deed.Kill ? flushed : [.. left]);
                    break;
            }
    });

    [Fact]
    public void Requests_that_are_under_way_at_a_crash_never_end()
    {
        var bench = new Bench(1);
        bench.Write(File, 0, Filled(100, 1));
        bench.Flush(File);
        bench.Disk.Crash(CrashMode.Tear);
        bench.Settle();
        Assert.Empty(bench.Done);
        Assert.Equal(0, bench.Disk.Waiting);
    }

    [Fact]
    public void Requests_on_one_file_end_in_the_order_in_which_they_were_made()
    {
        var bench = new Bench(3);
        for (var i = 0; i < 50; i++)
        {
            bench.Write(File, i * 100, Filled(1 + i % 7 * 300, (byte)i));
            bench.Flush(File);
        }
        bench.Settle();
        Assert.Equal(Enumerable.Range(1, 100).Select(static ticket => (ulong)ticket), bench.Done.Select(static done => done.Ticket.Value));
    }

    [Fact]
    public void A_full_disk_takes_what_does_not_grow_a_file()
    {
        var bench = new Bench(4);
        bench.Write(File, 0, Filled(1000, 1));
        bench.Settle();
        bench.Disk.IsFull = true;
        bench.Write(File, 500, Filled(500, 2));
        bench.Write(File, 900, Filled(101, 3));
        bench.Settle();
        Assert.Equal([DiskOutcome.Done, DiskOutcome.Done, DiskOutcome.Full], bench.Done.Select(static done => done.Outcome));
    }

    [Fact]
    public void What_a_lying_flush_attested_is_lost_in_a_crash_and_the_member_must_not_come_back()
    {
        var bench = new Bench(5);
        bench.Disk.Damage.IsLying = true;
        bench.Write(File, 0, Filled(600, 1));
        bench.Flush(File);
        bench.Settle();
        Assert.Equal(DiskOutcome.Done, bench.Done[^1].Outcome);
        bench.Disk.Crash(CrashMode.Lose);
        Assert.DoesNotContain(bench.Contents(File), static value => value == 1);
        Assert.True(bench.Disk.Damage.IsBeyondNotice);
    }

    [Fact]
    public void Rot_changes_one_bit_of_what_was_flushed()
    {
        var bench = new Bench(6);
        bench.Write(File, 0, Filled(2048, 0));
        bench.Flush(File);
        bench.Settle();
        bench.Disk.Damage.Rot(bench.Disk.Files, DiskFileKind.Journal);
        Assert.Equal(1, bench.Contents(File).Sum(static value => System.Numerics.BitOperations.PopCount(value)));
        Assert.Equal(1, bench.Counts[FaultClass.BitRot]);
    }

    [Fact]
    public void Rot_in_the_last_batch_is_beyond_notice_until_another_batch_or_a_tail_mark_is_flushed()
    {
        var bench = new Bench(7);
        Batch(0);
        RotAll();
        Assert.True(bench.Disk.Damage.IsTailRotten);
        Batch(1024);
        Assert.False(bench.Disk.Damage.IsTailRotten);
        RotAll();
        Assert.True(bench.Disk.Damage.IsTailRotten);
        Mark();
        Assert.False(bench.Disk.Damage.IsTailRotten);
        RotAll();
        Assert.False(bench.Disk.Damage.IsTailRotten);

        void Batch(long offset)
        {
            bench.Write(File, offset, Filled(600, 1));
            bench.Flush(File);
            bench.Settle();
        }

        void RotAll()
        {
            for (var i = 0; i < 60; i++)
                bench.Disk.Damage.Rot(bench.Disk.Files, DiskFileKind.Journal);
        }

        void Mark()
        {
            bench.Write(new(DiskFileKind.TailMark, 0), 0, Filled(64, 1));
            bench.Flush(new(DiskFileKind.TailMark, 0));
            bench.Settle();
        }
    }

    private static byte[] Filled(int length, byte value)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill(value);
        return bytes;
    }

    private sealed class Bench : IDiskOwner
    {
        private readonly Agenda _agenda = new();
        private readonly BytePool _pool = new();
        private readonly Effects _effects = new();
        private ulong _tickets;

        public Bench(ulong seed)
        {
            var damage = new Damage(_agenda, Counts, new(seed, "damage"));
            Disk = new(_agenda, _pool, new(), Counts, damage, new(seed, "timing"), new(seed, "fate"), this);
        }

        public SimDisk Disk { get; }

        public FaultCounts Counts { get; } = new();

        public List<(DiskTicket Ticket, DiskOutcome Outcome)> Done { get; } = [];

        public void DiskDone(DiskTicket ticket, DiskOutcome outcome, Bytes found)
        {
            Done.Add((ticket, outcome));
            _pool.Return(found);
        }

        public void Write(DiskFile file, long offset, byte[] bytes)
        {
            _effects.DiskWrite(new(++_tickets), file, offset, bytes);
            Take();
        }

        public void Flush(DiskFile file)
        {
            _effects.DiskFlush(new(++_tickets), file);
            Take();
        }

        public void Settle()
        {
            while (_agenda.Next(_agenda.Now + TimeSpan.FromSeconds(100)))
            {
            }
        }

        public byte[] Contents(DiskFile name)
        {
            var contents = new byte[8192];
            foreach (var file in Disk.Files)
                if (file.Name == name)
                    file.Read(0, contents.Length).Span.CopyTo(contents);
            return contents;
        }

        private void Take()
        {
            Disk.Take(_effects[0], _effects.Bytes(_effects[0]));
            _effects.Clear();
        }
    }
}
