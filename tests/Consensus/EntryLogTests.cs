using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Consensus;

/// <summary>The log's ring of bytes against a plain list.</summary>
public class EntryLogTests
{
    private static readonly Limits Tiny = new() { LogRingBytes = 4096, LogRingEntries = 16 };

    [Fact]
    public void The_ring_agrees_with_a_list_whatever_is_appended_and_dropped()
    {
        Gen.Select(Gen.Int[0, 1500], Gen.Int[0, 3]).Array[1, 300].Sample(steps =>
        {
            var log = new EntryLog(Tiny);
            var model = new List<byte[]>();
            ulong dropped = 0;
            foreach (var (length, drop) in steps)
            {
                if (log.Fits(length))
                {
                    var body = log.Append(new(1), new(0), length);
                    body.Fill((byte)model.Count);
                    model.Add(body.ToArray());
                    log.Seal();
                }
                dropped = Math.Min(dropped + (ulong)drop, log.Last.Value);
                log.DropThrough(new(dropped));
                for (var index = dropped + 1; index <= log.Last.Value; index++)
                    Assert.True(log[new(index)].Body.SequenceEqual(model[(int)index - 1]));
            }
        });
    }

    [Fact]
    public void A_repacked_ring_holds_the_same_and_has_room_for_whatever_is_free()
    {
        Gen.Select(Gen.Int[1, 1500], Gen.Int[0, 3]).Array[1, 300].Sample(steps =>
        {
            var log = new EntryLog(Tiny);
            var model = new List<byte[]>();
            foreach (var (length, drop) in steps)
            {
                if (!log.Fits(length))
                {
                    log.Repack();
                    Assert.Equal(log.Count < Tiny.LogRingEntries && log.BytesAfter(log.Base) + length <= Tiny.LogRingBytes, log.Fits(length));
                }
                if (log.Fits(length))
                {
                    log.Append(new(1), new(0), length).Fill((byte)model.Count);
                    log.Seal();
                    model.Add(log[log.Last].Body.ToArray());
                }
                log.DropThrough(new(Math.Min(log.Base.Value + (ulong)drop, log.Last.Value)));
                for (var index = log.Base.Next; index <= log.Last; index = index.Next)
                    Assert.True(log[index].Body.SequenceEqual(model[(int)index.Value - 1]));
            }
        });
    }

    [Fact]
    public void An_empty_ring_takes_an_entry_as_large_as_itself()
    {
        var log = new EntryLog(Tiny);
        Assert.True(log.Fits(4096));
        log.Append(new(1), new(0), 4096);
        log.Seal();
        Assert.False(log.Fits(1));
        log.DropThrough(log.Last);
        Assert.True(log.Fits(4096));
    }

    [Fact]
    public void The_chain_after_an_entry_is_known_as_long_as_nothing_behind_it_is_dropped()
    {
        var log = new EntryLog(Tiny);
        for (var i = 0; i < 3; i++)
        {
            log.Append(new(1), new(i), 8).Fill((byte)i);
            log.Seal();
        }
        var second = log.ChainAt(new(2));
        log.DropThrough(new(2));
        Assert.Equal(second, log.ChainAt(new(2)));
        Assert.Equal(log.LastChain, log.ChainAt(new(3)));
    }
}
