using System.Buffers.Binary;
using Microsoft.Extensions.Logging.Abstractions;
using Quorate.Hosts.Tcp;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Hosts;

public sealed class DiskFilesTests : IDisposable
{
    private static readonly DiskFile Journal = new(DiskFileKind.Journal, 0x2a);
    private static readonly DiskFile Superblock = new(DiskFileKind.Superblock, 0);

    private readonly TempFolder _folder = new();
    private readonly DiskFiles _files;

    public DiskFilesTests()
    {
        Directory.CreateDirectory(_folder["log"]);
        _files = new(_folder.Path, _folder["log"], 1 << 20, TimeSpan.FromSeconds(10), NullLogger.Instance);
    }

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_was_written_is_read_and_a_read_past_the_end_finds_less()
    {
        Assert.Equal(DiskOutcome.Done, _files.Write(Journal, 3, ["abc"u8.ToArray(), "de"u8.ToArray()]));
        Assert.Equal(DiskOutcome.Done, _files.Flush(Journal));
        var buffer = new byte[10];
        Assert.Equal(DiskOutcome.Done, _files.Read(Journal, 4, buffer, out var found));
        Assert.Equal("bcde"u8, buffer.AsSpan(0, found));
        Assert.Equal(DiskOutcome.Done, _files.Read(Journal, 100, buffer, out found));
        Assert.Equal(0, found);
    }

    [Fact]
    public void Reading_a_file_that_does_not_exist_does_not_make_it()
    {
        Assert.Equal(DiskOutcome.Missing, _files.Read(Superblock, 0, new byte[1], out _));
        Assert.False(File.Exists(_folder["superblock"]));
    }

    [Fact]
    public void The_journal_lies_in_the_log_folder_and_the_rest_in_the_data_folder()
    {
        foreach (var kind in Enum.GetValues<DiskFileKind>())
            _files.Write(new(kind, kind > DiskFileKind.TailMark ? 0x2aUL : 0), 0, ["x"u8.ToArray()]);
        Assert.True(File.Exists(_folder["superblock"]));
        Assert.True(File.Exists(_folder["snapshot-000000000000002a"]));
        Assert.True(File.Exists(_folder["log/tailmark"]));
        Assert.True(File.Exists(_folder["log/journal-000000000000002a"]));
    }

    [Fact]
    public void A_listing_has_kind_number_and_length_in_order_and_nothing_that_is_not_ours()
    {
        _files.Write(new(DiskFileKind.Snapshot, 7), 0, ["12345"u8.ToArray()]);
        _files.Write(Journal, 0, ["1"u8.ToArray()]);
        _files.Write(new(DiskFileKind.Journal, 3), 0, ["12"u8.ToArray()]);
        _folder.Write("journal-zz", "");
        _folder.Write("quorate.lock", "");
        _folder.Write("snapshot-000000000000000g", "");
        _folder.Write("journal-000000000000002a", "in the wrong folder");

        var arena = new Arena();
        Assert.Equal(DiskOutcome.Done, _files.List(arena));
        var listed = new List<(byte, ulong, long)>();
        for (var at = 0; at < arena.Length; at += 17)
        {
            var entry = arena.Written.Slice(at, 17);
            listed.Add((entry[0], BinaryPrimitives.ReadUInt64LittleEndian(entry[1..]), BinaryPrimitives.ReadInt64LittleEndian(entry[9..])));
        }
        Assert.Equal([(3, 3UL, 2L), (3, 0x2aUL, 1L), (4, 7UL, 5L)], listed);
    }

    [Fact]
    public void A_dropped_file_is_gone_and_dropping_nothing_is_done()
    {
        _files.Write(Journal, 0, ["1"u8.ToArray()]);
        Assert.Equal(DiskOutcome.Done, _files.Drop(Journal));
        Assert.Equal(DiskOutcome.Missing, _files.Read(Journal, 0, new byte[1], out _));
        Assert.Equal(DiskOutcome.Done, _files.Drop(Journal));
    }

    [Fact]
    public void A_full_disk_is_told_from_a_broken_one()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full here");
        File.CreateSymbolicLink(_folder["superblock"], "/dev/full");
        Assert.Equal(DiskOutcome.Full, _files.Write(Superblock, 0, ["x"u8.ToArray()]));
        Directory.CreateDirectory(_folder["log/tailmark"]);
        Assert.Equal(DiskOutcome.Failed, _files.Write(new(DiskFileKind.TailMark, 0), 0, ["x"u8.ToArray()]));
    }

    [Fact]
    public void A_journal_segment_is_reserved_without_becoming_longer()
    {
        _files.Write(Journal, 0, ["abc"u8.ToArray()]);
        Assert.Equal(3, new FileInfo(_folder["log/journal-000000000000002a"]).Length);
    }

    [Fact]
    public void The_disk_thread_answers_every_request_in_order()
    {
        var answers = new Mailbox<Mail>(1024, 1 << 20);
        var thread = new DiskThread(_files, answers);
        thread.Start();
        var effects = new Effects();
        ulong ticket = 0;
        for (var i = 0; i < 40; i++)
            effects.DiskWrite(new(++ticket), Journal, i * 3, [(byte)i, (byte)i, (byte)i]);
        effects.DiskFlush(new(++ticket), Journal);
        effects.DiskRead(new(++ticket), Journal, 0, 1000);
        effects.DiskRead(new(++ticket), Superblock, 0, 1000);
        effects.DiskList(new(++ticket));
        effects.DiskDrop(new(++ticket), Journal);
        for (var i = 0; i < effects.Count; i++)
            thread.Begin(effects[i], effects.Bytes(effects[i]));
        effects.Clear();
        thread.Stop();

        var mails = new Mail[64];
        Assert.Equal((int)ticket, answers.Take(mails, TimeSpan.Zero));
        for (var i = 0; i < (int)ticket; i++)
            Assert.Equal((InputKind.DiskDone, (ulong)i + 1), (mails[i].Kind, mails[i].Subject));
        Assert.Equal(120, mails[41].Length);
        Assert.Equal(39, mails[41].Bytes[119]);
        Assert.Equal(DiskOutcome.Missing, mails[42].Outcome);
        Assert.Equal(17, mails[43].Length);
    }
}
