using System.Text;
using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Storage;

/// <summary>Entries read back from a journal that goes on meanwhile (B5).</summary>
public class JournalReaderTests
{
    /// <summary>A reader as a leader uses it for one follower: what was taken last is where it goes on.</summary>
    private sealed class Follower
    {
        private readonly Folder _folder;
        private readonly JournalReader _reader;

        public Follower(Folder folder, bool isOnly = true)
        {
            _folder = folder;
            _reader = new(folder.Journal, folder.Tickets);
            if (isOnly)
                folder.Others = (ticket, outcome, bytes) => Assert.True(Completed(ticket, outcome, bytes));
        }

        public LogIndex Next { get; set; } = new(1);
        public int Room { get; set; } = int.MaxValue;   // entries that it takes of a portion
        public List<(LogPosition At, string Body)> Portion { get; } = [];
        public List<string> Bodies { get; } = [];
        public JournalReading Reading { get; private set; }
        public string? Problem => _reader.Problem;
        public bool IsReading => _reader.IsReading;

        public bool Read()
        {
            Portion.Clear();
            return _reader.Read(Next, _folder.Effects);
        }

        /// <summary>Reads until nothing more is there.</summary>
        public Follower ReadAll()
        {
            while (Read())
            {
                _folder.Settle();
                if (Reading != JournalReading.Ready)
                    break;
            }
            return this;
        }

        public bool Completed(DiskTicket ticket, DiskOutcome outcome, byte[] bytes)
        {
            var reading = _reader.Completed(ticket, outcome, bytes, _folder.Effects, out var portion);
            if (reading == JournalReading.NotMine)
                return false;
            Reading = reading;
            Assert.Equal(reading == JournalReading.GoesOn, _reader.IsReading);
            if (reading == JournalReading.Ready)
                Assert.Equal(Next.Previous, _reader.Previous.Index);
            while (portion.TryNext(out var entry, out var body) && Portion.Count < Room)
            {
                Assert.Equal(Next, entry.Index);
                Next = entry.Index.Next;
                Portion.Add((new(entry.Index, entry.Term, entry.Chain), Encoding.UTF8.GetString(body)));
            }
            Assert.Equal(reading == JournalReading.Ready, Portion.Count > 0);
            Bodies.AddRange(Portion.Select(entry => entry.Body));
            return true;
        }
    }

    [Fact]
    public void B5_what_was_appended_is_read_back_over_all_segments()
    {
        var folder = Folder.Founded(segmentBytes: 4608);
        var bodies = Enumerable.Range(0, 40).Select(i => new string((char)('a' + i % 26), i * 37 % 400)).ToArray();
        folder.Append(3, bodies).Settle();
        Assert.Equal(bodies, new Follower(folder).ReadAll().Bodies);
        Assert.Equal(bodies[29..], new Follower(folder) { Next = new(30) }.ReadAll().Bodies);
        Assert.False(new Follower(folder) { Next = new(41) }.Read());
    }

    [Fact]
    public void B5_a_segment_that_is_read_in_several_portions_and_records_larger_than_one_come_back()
    {
        var folder = Folder.Founded(segmentBytes: 64 << 20);
        var bodies = Enumerable.Range(0, 12).Select(i => new string((char)('a' + i), i % 4 == 3 ? 3 << 20 : 400_000)).ToArray();
        folder.Append(1, bodies).Settle();
        Assert.Equal(bodies, new Follower(folder).ReadAll().Bodies);
        Assert.Equal(bodies[10..], new Follower(folder) { Next = new(11) }.ReadAll().Bodies);
    }

    [Fact]
    public void B5_what_a_restart_found_can_be_read_and_goes_on_with_what_follows()
    {
        var folder = Folder.Founded(segmentBytes: 4608).Append(1, "a", new string('b', 500), "c").Settle().Restarted();
        folder.Append(2, "d").Settle();
        Assert.Equal(["a", new string('b', 500), "c", "d"], new Follower(folder).ReadAll().Bodies);
    }

    [Fact]
    public void Nothing_is_read_beyond_what_is_flushed_and_what_did_not_fit_comes_again()
    {
        var folder = Folder.Founded().Append(1, "a", "b", "c").Settle().Append(1, "d").Submit();
        folder.PerformOne();   // written, not flushed
        var follower = new Follower(folder);
        Assert.True(follower.Read());
        folder.Disk.Take(folder.Effects);
        folder.Disk.PostponeOldest(1);   // the flush
        folder.PerformOne();
        Assert.Equal(["a", "b", "c"], follower.Bodies);
        folder.Settle();
        Assert.Equal(["a", "b", "c", "d"], follower.ReadAll().Bodies);
        Assert.Equal(["a", "b", "c", "d"], new Follower(folder) { Room = 1 }.ReadAll().Bodies);
    }

    [Fact]
    public void B5_a_segment_deleted_while_it_is_read_is_gone_and_not_damaged()
    {
        var folder = Folder.Founded(segmentBytes: 4184);
        folder.Append(1, "a", "b", "c").Settle();
        var follower = new Follower(folder);
        Assert.True(follower.Read());
        folder.Journal.DropBelow(new(3), pinned: LogIndex.Max, bytes: 0, folder.Effects);
        folder.Settle();
        Assert.Equal(JournalReading.Gone, follower.Reading);
        Assert.False(follower.Read());
        Assert.True(folder.Journal.Holds(new(3)) && !folder.Journal.Holds(new(2)));
        Assert.Equal(["c"], new Follower(folder) { Next = new(3) }.ReadAll().Bodies);
    }

    [Fact]
    public void What_a_truncation_took_back_while_it_was_read_is_not_delivered()
    {
        var folder = Folder.Founded().Append(4, "a", "b").Settle();
        var kept = folder.Last;
        folder.Append(4, "c", "d").Settle();
        var follower = new Follower(folder);
        Assert.True(follower.Read());
        folder.Disk.Take(folder.Effects);
        folder.Journal.TruncateAfter(kept);
        folder.Last = kept;
        folder.PerformOne();
        Assert.Equal(["a", "b"], follower.Bodies);
        folder.Append(5, "C").Settle();
        Assert.Equal(["a", "b", "C"], follower.ReadAll().Bodies);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(JournalRecord.HeaderBytes)]
    public void A_damaged_record_is_named_and_what_lies_before_it_delivered(int at)
    {
        var folder = Folder.Founded().Append(1, "a", "b", "c").Settle();
        folder.Disk[DiskFileKind.Journal, 1][SegmentHeader.RecordsAt + 72 + at] ^= 1;
        var follower = new Follower(folder).ReadAll();
        Assert.Equal(["a"], follower.Bodies);
        Assert.Equal(JournalReading.Damaged, follower.Reading);
        Assert.Contains("journal segment 1, offset 4168: the record of entry 2", follower.Problem);
    }

    [Theory]
    [InlineData(DiskOutcome.Failed)]
    [InlineData(DiskOutcome.Missing)]
    public void A_segment_that_cannot_be_read_or_is_cut_short_is_damaged(DiskOutcome outcome)
    {
        var folder = Folder.Founded().Append(1, "a", "b").Settle();
        folder.Disk.Fate = effect => effect.Kind == EffectKind.DiskRead ? outcome : DiskOutcome.Done;
        Assert.Equal(JournalReading.Damaged, new Follower(folder).ReadAll().Reading);
        folder.Disk.Fate = _ => DiskOutcome.Done;
        folder.Disk[DiskFileKind.Journal, 1] = folder.Disk[DiskFileKind.Journal, 1][..4150];
        Assert.Equal(JournalReading.Damaged, new Follower(folder).ReadAll().Reading);
    }

    [Fact]
    public void B5_segments_pinned_for_a_laggard_stay_until_they_cost_too_much()
    {
        var folder = Folder.Founded(segmentBytes: 4184);
        for (var i = 0; i < 10; i++)
            folder.Append(1, "entry" + i).Settle();
        folder.Journal.DropBelow(new(9), pinned: new(4), bytes: 1 << 20, folder.Effects);
        folder.Settle();
        Assert.True(folder.Journal.Holds(new(4)) && !folder.Journal.Holds(new(3)));
        folder.Journal.DropBelow(new(9), pinned: new(4), bytes: 3 * 4184, folder.Effects);
        folder.Settle();
        Assert.True(folder.Journal.Holds(new(8)) && !folder.Journal.Holds(new(7)));
        Assert.InRange(folder.Journal.Bytes, 1, 3 * 4184);
        folder.Journal.DropBelow(new(9), pinned: LogIndex.Max, bytes: 0, folder.Effects);
        folder.Settle();
        Assert.False(folder.Journal.Holds(new(8)));
    }

    [Fact]
    public void Reading_allocates_nothing_after_warm_up()
    {
        var folder = Folder.Founded(segmentBytes: 64 << 10);
        for (var i = 0; i < 50; i++)
            folder.Append(1, new string('x', 4000)).Settle();
        var effects = new Effects();
        var portions = new byte[64][];
        var reader = new JournalReader(folder.Journal, folder.Tickets);
        Assert.Equal(50, Pass());
        var entries = 0;
        Assert.Equal(0, Allocated.By(() => entries = Pass()));
        Assert.Equal(50, entries);

        int Pass()
        {
            var (entries, portion) = (0, 0);
            for (var next = new LogIndex(1); reader.Read(next, effects); portion++)
            {
                var ticket = effects[0].Ticket;
                if (portions[portion] is null)
                {
                    folder.Disk.Take(effects);
                    portions[portion] = folder.Disk.Perform().Bytes;
                }
                effects.Clear();
                reader.Completed(ticket, DiskOutcome.Done, portions[portion], effects, out var read);
                for (; read.TryNext(out var entry, out _); entries++)
                    next = entry.Index.Next;
            }
            return entries;
        }
    }

    private enum Deed { Append, Settle, Perform, Truncate, Drop, Read, Restart }

    private static readonly Gen<(Deed Deed, int Size)> GenDeed = Gen.Select(Gen.Frequency(
        (6, Gen.Const(Deed.Append)), (3, Gen.Const(Deed.Settle)), (6, Gen.Const(Deed.Perform)), (2, Gen.Const(Deed.Truncate)),
        (1, Gen.Const(Deed.Drop)), (6, Gen.Const(Deed.Read)), (1, Gen.Const(Deed.Restart))), Gen.Int[0, 900]);

    [Fact]
    public void B5_A10_several_readers_get_exactly_the_log_whatever_happens_to_it_meanwhile()
    {
        Gen.Select(Gen.OneOf(Gen.Const(4184L), Gen.Const(6000L), Gen.Const(1L << 20)), Gen.ULong, GenDeed.Array[1, 60]).Sample(
            (segmentBytes, seed, deeds) =>
            {
                var dice = new Dice(seed);
                var folder = Folder.Founded(segmentBytes);
                var log = new List<(LogPosition At, string Body)>();
                var term = 1u;
                Follower[] followers = [];
                Hire();
                foreach (var (deed, size) in deeds)
                {
                    Do(deed, size);
                    foreach (var follower in followers)
                        Check(follower);
                }
                folder.Settle();
                foreach (var follower in followers)
                {
                    if (!folder.Journal.Holds(follower.Next))
                        follower.Next = Oldest();
                    var from = (int)follower.Next.Value - 1;
                    follower.Bodies.Clear();
                    Assert.Equal(log.Skip(from).Select(entry => entry.Body), follower.ReadAll().Bodies);
                }

                void Hire()
                {
                    followers = [new(folder, false), new(folder, false), new(folder, false)];
                    folder.Others = (ticket, outcome, bytes) =>
                        Assert.Single(followers, follower => follower.Completed(ticket, outcome, bytes));
                }

                LogIndex Oldest()
                {
                    var oldest = folder.Journal.FlushedIndex.Next;
                    while (oldest.Value > 1 && folder.Journal.Holds(oldest.Previous))
                        oldest = oldest.Previous;
                    return oldest;
                }

                void Check(Follower follower)
                {
                    foreach (var (at, body) in follower.Portion)
                        if (at.Index <= folder.Journal.FlushedIndex && log[(int)at.Index.Value - 1].At == at)
                            Assert.Equal(log[(int)at.Index.Value - 1].Body, body);
                    Assert.NotEqual(JournalReading.Damaged, follower.Reading);
                }

                void Do(Deed deed, int size)
                {
                    switch (deed)
                    {
                        case Deed.Append:
                            var body = $"{term}:{log.Count}:" + new string('x', size);
                            folder.Append(term, body);
                            log.Add((folder.Last, body));
                            break;
                        case Deed.Settle:
                            folder.Settle();
                            break;
                        case Deed.Perform:
                            folder.Submit();
                            for (var i = 0; i < size % 4 && folder.Disk.Waiting > 0; i++)
                            {
                                var seen = followers.Select(follower => follower.Portion.Count).ToArray();
                                folder.PerformOne();
                                // What is delivered is the log as it is at that moment.
                                foreach (var (follower, before) in followers.Zip(seen))
                                    foreach (var entry in follower.Portion.Skip(before))
                                        Assert.Equal(log[(int)entry.At.Index.Value - 1], entry);
                            }
                            break;
                        case Deed.Truncate:
                            var least = (int)Oldest().Value - 1;
                            var keep = least + (int)dice.Below((ulong)(log.Count - least + 1));
                            log = log[..keep];
                            folder.Last = keep == 0 ? LogPosition.Start : log[^1].At;
                            folder.Journal.TruncateAfter(folder.Last);
                            foreach (var follower in followers)
                                if (!follower.IsReading && follower.Next > folder.Last.Index.Next)
                                    follower.Next = folder.Last.Index.Next;
                            term++;
                            break;
                        case Deed.Drop when log.Count > 0:
                            folder.Settle();
                            folder.Journal.DropBelow(new(1 + dice.Below((ulong)log.Count)), pinned: LogIndex.Max, bytes: 0, folder.Effects);
                            break;
                        case Deed.Read:
                            var reader = followers[size % followers.Length];
                            if (reader.IsReading)
                                return;
                            if (size % 5 == 0)
                                reader.Next = new(1 + dice.Below((ulong)log.Count + 1));
                            reader.Room = size % 7 == 0 ? 1 : int.MaxValue;
                            reader.Read();
                            folder.Disk.Take(folder.Effects);
                            break;
                        case Deed.Restart:
                            Do(Deed.Append, size);   // a truncation counts from the first entry behind it on
                            folder.Settle();
                            var oldest = Oldest();
                            if (oldest.Value > 1)
                                return;   // a start needs a snapshot for what was dropped
                            folder = folder.Restarted();
                            Hire();
                            break;
                    }
                }
            }, print: run => $"{run.Item1} {run.Item2} " + string.Join(' ', run.Item3.Select(deed => $"{deed.Deed}({deed.Size})")));
    }
}
