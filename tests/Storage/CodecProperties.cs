using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Storage;

public class CodecProperties
{
    private static readonly Gen<LogPosition> GenPosition =
        Gen.Select(Gen.ULong, Gen.UInt, Gen.ULong, (index, term, chain) => new LogPosition(new(index), new(term), chain));

    [Fact]
    public void A_journal_record_is_read_back_as_written()
    {
        Gen.Select(GenPosition, Gen.Long, Gen.ULong, Gen.ULong, Gen.UInt, Gen.ULong, Gen.Byte.Array[0, 300]).Sample(
            (position, time, commit, flushed, segment, birth, body) =>
            {
                var entry = new JournalEntry(position.Index, position.Term, new(time), new(commit), position.Chain, body.Length,
                    Crc32C.Of(body), new(flushed));
                var record = new byte[JournalRecord.SizeOf(body.Length)];
                record.AsSpan().Fill(0xcc);
                JournalRecord.Write(record, entry, body);
                JournalRecord.Seal(record, segment, new(flushed), JournalRecord.SaltOf(birth));
                Assert.True(JournalRecord.TryRead(record, segment, JournalRecord.SaltOf(birth), out var read));
                Assert.Equal(entry, read);
                Assert.True(body.AsSpan().SequenceEqual(JournalRecord.Body(record, read)));
                Assert.Equal(0, record.Length % JournalRecord.Alignment);
            });
    }

    [Fact]
    public void Any_changed_bit_of_a_record_header_is_noticed()
    {
        var record = new byte[JournalRecord.HeaderBytes];
        JournalRecord.Write(record, new(new(1), new(2), new(3), new(4), 5, 0, 0, new(6)), []);
        JournalRecord.Seal(record, 7, new(6), 8);
        for (var bit = 0; bit < 8 * record.Length; bit++)
        {
            record[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(JournalRecord.TryRead(record, 7, 8, out _));
            record[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_segment_header_and_a_tail_mark_are_read_back_as_written()
    {
        Gen.Select(GenPosition, Gen.ULong[1, ulong.MaxValue], Gen.ULong, Gen.ULong).Sample((position, number, birth, flushed) =>
        {
            var sector = new byte[SegmentHeader.Bytes];
            var header = new SegmentHeader(number, birth, position, new(flushed));
            header.Write(sector);
            Assert.Equal(BlockCondition.Valid, SegmentHeader.Read(sector, number, out var read));
            Assert.Equal(header, read);
            Assert.Equal(BlockCondition.Damaged, SegmentHeader.Read(sector, number - 1, out _));

            var mark = new TailMarkState(number, position, birth);
            mark.Write(sector);
            Assert.Equal(BlockCondition.Valid, TailMarkState.Read(sector, out var readMark));
            Assert.Equal(mark, readMark);
            Assert.Equal(BlockCondition.Damaged, SegmentHeader.Read(sector, number, out _));
        });
    }

    [Fact]
    public void A_snapshot_chunk_header_is_read_back_as_written()
    {
        Gen.Select(Gen.Enum<SnapshotChunkKind>(), Gen.ULong, Gen.UInt, Gen.Int[0, int.MaxValue], Gen.UInt).Sample((kind, snapshot, number,
            length, checksum) =>
        {
            var bytes = new byte[SnapshotChunk.HeaderBytes];
            var chunk = new SnapshotChunk(kind, snapshot, number, length, checksum);
            chunk.Write(bytes);
            Assert.Equal(BlockCondition.Valid, SnapshotChunk.Read(bytes, out var read));
            Assert.Equal(chunk, read);
            for (var at = 0; at < bytes.Length; at++)
            {
                bytes[at] ^= 1;
                Assert.Equal(BlockCondition.Damaged, SnapshotChunk.Read(bytes, out _));
                bytes[at] ^= 1;
            }
        });
    }

    [Fact]
    public void Random_bytes_are_never_taken_for_anything()
    {
        Gen.Byte.Array[0, 600].Sample(bytes =>
        {
            Assert.NotEqual(BlockCondition.Valid, SegmentHeader.Read(bytes, 1, out _));
            Assert.NotEqual(BlockCondition.Valid, TailMarkState.Read(bytes, out _));
            Assert.NotEqual(BlockCondition.Valid, SuperblockImage.Read(bytes, 0, out _));
            Assert.NotEqual(BlockCondition.Valid, SnapshotChunk.Read(bytes, out _));
            Assert.False(JournalRecord.TryRead(bytes, 1, 0, out _));
        });
    }

    [Fact]
    public void The_chain_depends_on_every_part_of_every_entry()
    {
        Gen.Select(Gen.ULong, Gen.ULong, Gen.UInt, Gen.Long, Gen.Byte.Array[1, 40], Gen.Int[0, 4]).Sample((previous, index, term, time,
            body, part) =>
        {
            var chain = Chain.Next(previous, new(index), new(term), new(time), body);
            Assert.Equal(chain, Chain.Next(previous, new(index), new(term), new(time), Crc32C.Of(body), body.Length));
            var changed = body.ToArray();
            changed[0] ^= 1;
            Assert.NotEqual(chain, part switch
            {
                0 => Chain.Next(previous + 1, new(index), new(term), new(time), body),
                1 => Chain.Next(previous, new(index + 1), new(term), new(time), body),
                2 => Chain.Next(previous, new(index), new(term + 1), new(time), body),
                3 => Chain.Next(previous, new(index), new(term), new(time + 1), body),
                _ => Chain.Next(previous, new(index), new(term), new(time), changed),
            });
        });
    }

    [Fact]
    public void A_ticket_names_the_room_that_asked_and_is_never_given_twice()
    {
        var tickets = new DiskTickets();
        var seen = new HashSet<ulong>();
        DiskFileKind[] owners =
            [DiskFileKind.Superblock, DiskFileKind.TailMark, DiskFileKind.Journal, DiskFileKind.Snapshot, DiskTickets.Recovery];
        foreach (var owner in owners)
            for (var i = 0; i < 100; i++)
            {
                var ticket = tickets.Next(owner);
                Assert.Equal(owner, DiskTickets.OwnerOf(ticket));
                Assert.True(seen.Add(ticket.Value));
            }
    }
}
