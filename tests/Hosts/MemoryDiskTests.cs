using System.Buffers.Binary;
using Quorate.Hosts.Memory;
using Quorate.Kernel;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Hosts;

public class MemoryDiskTests
{
    private static readonly DiskFile Journal = new(DiskFileKind.Journal, 7);

    private readonly MemoryDisk _disk = new();

    [Fact]
    public void A_file_is_as_long_as_what_was_written_however_much_room_it_has()
    {
        for (var i = 0; i < 1000; i++)
            Write(i * 3, [1, 2, 3]);
        Assert.Equal(3000, Listed());
        Write(10, [9]);
        Assert.Equal(3000, Listed());
        Assert.Equal([1, 9, 3], Read(9, 3));
        Assert.Equal([2, 3], Read(2998, 100));
        Assert.Empty(Read(3000, 1));
        Assert.Empty(Read(5000, 1));
    }

    [Fact]
    public void A_hole_reads_as_zeros()
    {
        Write(5, [1]);
        Assert.Equal([0, 0, 0, 0, 0, 1], Read(0, 100));
        Assert.Equal(6, Listed());
    }

    [Fact]
    public void Appending_costs_no_more_than_a_few_times_what_is_appended()
    {
        var piece = new byte[100];
        Write(0, piece);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 1; i < 10_000; i++)
            _disk.Perform(new(EffectKind.DiskWrite, 0, default, new(Journal, i * 100, piece.Length), default), piece);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16_000_000);
    }

    [Fact]
    public void A_dropped_file_is_missing()
    {
        Write(0, [1]);
        _disk.Perform(new(EffectKind.DiskDrop, 0, default, new(Journal, 0, 0), default), []);
        Assert.Equal(DiskOutcome.Missing, _disk.Perform(new(EffectKind.DiskRead, 0, default, new(Journal, 0, 1), default), []).Outcome);
    }

    private void Write(long offset, byte[] bytes) =>
        Assert.Equal(DiskOutcome.Done, _disk.Perform(new(EffectKind.DiskWrite, 0, default, new(Journal, offset, bytes.Length), default), bytes).Outcome);

    private byte[] Read(long offset, int length) =>
        _disk.Perform(new(EffectKind.DiskRead, 0, default, new(Journal, offset, length), default), []).Found;

    private long Listed() =>
        BinaryPrimitives.ReadInt64LittleEndian(_disk.Perform(new(EffectKind.DiskList, 0, default, default, default), []).Found.AsSpan(9));
}
