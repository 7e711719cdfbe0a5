using CsCheck;
using Quorate.Kernel.Trees;

namespace Quorate.Tests.Trees;

public class BlobTests
{
    /// <summary>What the small chunks of one size take, which stay with it.</summary>
    private const int SmallChunks = 20 << 10;

    [Fact]
    public void What_was_stored_is_read_back_until_it_is_freed() =>
        Gen.Select(Gen.Int[0, 3], Gen.OneOf(Gen.Int[0, 300], Gen.Int[0, 20_000]), Gen.Int[0, 999]).Array[1, 400].Sample(steps =>
        {
            var (blobs, model) = (new Blobs(), new List<(Blob Blob, byte[] Bytes)>());
            foreach (var (kind, length, pick) in steps)
            {
                if (kind == 0 && model.Count > 0)
                {
                    blobs.Free(model[pick % model.Count].Blob);
                    model.RemoveAt(pick % model.Count);
                }
                else
                {
                    var bytes = new byte[length];
                    Array.Fill(bytes, (byte)pick);
                    model.Add((blobs.Store(bytes), bytes));
                }
            }
            foreach (var (blob, bytes) in model)
                Assert.True(blobs[blob].SequenceEqual(bytes));
            Assert.Equal(model.Sum(m => (long)m.Bytes.Length), blobs.Bytes);
            Assert.Equal(model.Count(m => m.Bytes.Length > 0), blobs.Count);
            blobs.CheckInvariants();
            foreach (var (blob, _) in model)
                blobs.Free(blob);
            Assert.Equal((0L, 0), (blobs.Bytes, blobs.Count));
            blobs.CheckInvariants();
        });

    [Fact]
    public void Null_differs_from_empty_and_neither_takes_room()
    {
        var blobs = new Blobs();
        var (none, empty) = (blobs.Store(default, isNull: true), blobs.Store(default));
        Assert.True(none.IsNull);
        Assert.False(empty.IsNull);
        Assert.Equal((0, 0, 0L), (none.Size, empty.Size, blobs.Reserved));
    }

    [Theory]
    [InlineData(37)]
    [InlineData(100)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(1000)]
    [InlineData(5000)]
    [InlineData(16384)]
    public void Rounding_wastes_little(int length)
    {
        var blobs = new Blobs();
        while (blobs.Bytes < 10 << 20)
            blobs.Store(new byte[length]);
        Assert.InRange(blobs.Reserved, blobs.Bytes, (long)(blobs.Bytes * 1.14));
    }

    [Fact]
    public void Chunks_freed_by_one_size_serve_another()
    {
        var blobs = new Blobs();
        var stored = new List<Blob>();
        for (var i = 0; i < 50_000; i++)
            stored.Add(blobs.Store(new byte[100]));
        var reserved = blobs.Reserved;
        stored.ForEach(blobs.Free);
        for (var i = 0; i < 25_000; i++)
            blobs.Store(new byte[200]);
        Assert.InRange(blobs.Reserved, 25_000 * 200, reserved + SmallChunks);
        blobs.CheckInvariants();
    }

    [Fact]
    public void Memory_beyond_a_small_pool_is_given_back()
    {
        var blobs = new Blobs();
        var stored = new List<Blob>();
        for (var i = 0; i < 200_000; i++)
            stored.Add(blobs.Store(new byte[100]));
        stored.ForEach(blobs.Free);
        Assert.InRange(blobs.Reserved, 0, (8 << 20) + SmallChunks);
        for (var i = 0; i < 200_000; i++)
            blobs.Store(new byte[100]);
        blobs.CheckInvariants();
    }

    [Fact]
    public void A_value_of_many_megabytes_has_its_own_array()
    {
        var blobs = new Blobs();
        var bytes = new byte[17 << 20];
        bytes[^1] = 7;
        var blob = blobs.Store(bytes);
        Assert.True(blobs[blob].SequenceEqual(bytes));
        Assert.Equal(bytes.Length, blobs.Reserved);
        blobs.Free(blob);
        Assert.Equal(0, blobs.Reserved);
        Assert.Equal(blob, blobs.Store(bytes));   // and its number is used again
    }
}
