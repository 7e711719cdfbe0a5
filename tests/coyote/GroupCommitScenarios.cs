using System.Buffers.Binary;
using Microsoft.Coyote.Specifications;
using Quorate.Hosts.Tcp;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Coyote;

/// <summary>Group commit: clients hand in entries, the kernel's side writes them, one flush at a time, the disk thread answers.</summary>
[Collection("coyote")]
public class GroupCommitScenarios
{
    private static readonly DiskFile Journal = new(DiskFileKind.Journal, 1);

    [Fact]
    public void Nothing_is_acknowledged_before_it_is_durable() => Exploration.Holds(CommitInGroups);

    [Fact]
    public void A_flush_that_is_answered_before_it_is_done_is_found() =>
        Exploration.Finds(Race.AnswerBeforeFlush, CommitInGroups, "not durable");

    private static async Task CommitInGroups()
    {
        const int Entries = 4;
        var mailbox = new Mailbox<Mail>(16, 1 << 20);
        var disk = new ForgetfulDisk();
        var thread = new DiskThread(disk, mailbox);
        thread.Start();
        var clients = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < Entries / 2; i++)
                await mailbox.Put(Mail.Of(OperatorRequest.Snapshot));
        })).ToArray();

        // The kernel's part: what comes while a flush is under way rides with the next.
        var effects = new Effects();
        var batch = new Mail[16];
        var entry = new byte[sizeof(long)];
        long written = 0, flushing = 0, durable = 0;
        for (ulong ticket = 0; durable < Entries;)
        {
            var count = mailbox.Take(batch, TimeSpan.MaxValue);
            for (var i = 0; i < count; i++)
            {
                if (batch[i].Kind == InputKind.Operator)
                {
                    BinaryPrimitives.WriteInt64LittleEndian(entry, written + 1);
                    effects.DiskWrite(new(++ticket), Journal, written++ * sizeof(long), entry);
                }
                else if (flushing > 0 && batch[i].Subject == ulong.MaxValue)
                {
                    (durable, flushing) = (flushing, 0);
                    Specification.Assert(
                        disk.Durable >= durable, "acknowledged {0} entries, of which only {1} are there: not durable", durable, disk.Durable);
                }
            }
            if (flushing == 0 && written > durable)
            {
                flushing = written;
                effects.DiskFlush(new(ulong.MaxValue), Journal);
            }
            for (var i = 0; i < effects.Count; i++)
                thread.Begin(effects[i], effects.Bytes(effects[i]));
            effects.Clear();
        }
        await Task.WhenAll(clients);
        thread.Stop();
    }

    /// <summary>A disk that has only what was flushed.</summary>
    private sealed class ForgetfulDisk : IDisk
    {
        private readonly object _gate = new();
        private long _written;
        private long _durable;

        public long Durable
        {
            get
            {
                lock (_gate)
                    return _durable;
            }
        }

        public DiskOutcome Write(DiskFile file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
        {
            lock (_gate)
            {
                foreach (var buffer in buffers)
                {
                    var entry = BinaryPrimitives.ReadInt64LittleEndian(buffer.Span);
                    Specification.Assert(entry == ++_written, "entry {0} is out of order", entry);
                    Specification.Assert(offset == (_written - buffers.Count) * sizeof(long) || buffers.Count > 1, "a write went astray");
                }
                return DiskOutcome.Done;
            }
        }

        public DiskOutcome Flush(DiskFile file)
        {
            lock (_gate)
                _durable = _written;
            return DiskOutcome.Done;
        }

        public DiskOutcome Read(DiskFile file, long offset, Span<byte> into, out int found) => throw new NotSupportedException();

        public DiskOutcome Drop(DiskFile file) => throw new NotSupportedException();

        public DiskOutcome List(Arena into) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
