using System.Collections.Concurrent;
using Quorate.Hosts.Memory;
using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Servers;

/// <summary>Backups taken of servers in memory, and restored to disks in memory: what the command does with files.</summary>
internal static class Backups
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    /// <summary>Asks a member, and waits until it has the snapshot; it is kept until <see cref="End"/>.</summary>
    public static byte[] Begin(MemoryEnsemble ensemble, int member, MemoryDisk disk)
    {
        var asked = ensemble.Members[member];
        asked.Ask(OperatorRequest.Backup);
        for (var steps = 0; asked.Server.BackupStage != BackupStage.Ready; steps++)
        {
            Assert.True(steps < 1000 && asked.Server.BackupStage != BackupStage.Failed, asked.Server.BackupFailure);
            ensemble.Advance(Step);
        }
        return [.. asked.Server.BackupHeaderBytes, .. FileOf(disk, asked.Server.BackupSnapshot)];
    }

    public static void End(MemoryEnsemble ensemble, int member) => ensemble.Members[member].Ask(OperatorRequest.EndBackup);

    /// <summary>A whole backup.</summary>
    public static byte[] Take(MemoryEnsemble ensemble, int member, MemoryDisk disk)
    {
        var backup = Begin(ensemble, member, disk);
        End(ensemble, member);
        return backup;
    }

    /// <summary>The bytes of a snapshot; none if it is not there.</summary>
    public static byte[] FileOf(MemoryDisk disk, ulong snapshot)
    {
        var effects = new Effects();
        effects.DiskRead(new(1), new(DiskFileKind.Snapshot, snapshot), 0, int.MaxValue);
        return disk.Perform(effects[0], []).Found;
    }

    public static BackupReading Read(ReadOnlySpan<byte> backup)
    {
        var reading = new BackupReading();
        while (reading.Wanted > 0)
        {
            var part = backup[..Math.Min(reading.Wanted, backup.Length)];
            backup = backup[part.Length..];
            reading.Give(part);
        }
        return reading;
    }

    /// <summary>A disk that a backup was restored to.</summary>
    public static MemoryDisk Restore(byte[] backup, ulong seed = 7)
    {
        var reading = Read(backup);
        Assert.Null(reading.Refusal);
        var restore = new FolderRestore(reading, seed);
        Assert.Null(restore.Refusal);
        var (disk, effects) = (new MemoryDisk(), new Effects());
        restore.Begin(effects);
        while (effects.Count > 0)
        {
            var next = new Effects();
            for (var i = 0; i < effects.Count; i++)
                restore.Completed(effects[i].Ticket, disk.Perform(effects[i], effects.Bytes(effects[i])).Outcome, next);
            effects = next;
        }
        Assert.True(restore.IsDurable);
        return disk;
    }
}

/// <summary>Keeps what servers say to their operator.</summary>
internal sealed class NotesKept : ITrace
{
    private readonly ConcurrentQueue<string> _notes = new();

    public bool SeesEntries => false;

    public bool SeesCommits => false;

    public bool Contains(string words) => _notes.Any(note => note.Contains(words, StringComparison.Ordinal));

    public override string ToString() => string.Join('\n', _notes);

    public void Note(NoteLevel level, ulong subject, string text) => _notes.Enqueue(text);

    public void Became(Role role, Term term, ServerId leader)
    {
    }

    public void Committed(LogIndex index, Term term, ulong chain)
    {
    }

    public void Installed(LogIndex index, Zxid zxid, Digest digest)
    {
    }

    public void Applied(in AppliedEntry entry)
    {
    }
}
