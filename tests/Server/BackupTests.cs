using CsCheck;
using Quorate.Hosts.Memory;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Tests.Import;

namespace Quorate.Tests.Servers;

/// <summary>A backup of a running ensemble, and the new ensemble that begins with it.</summary>
public class BackupTests
{
    private const int Timeout = 30_000;

    private readonly NotesKept _notes = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Whatever_was_acknowledged_by_any_member_is_in_the_backup_of_any_other(int member)
    {
        var disks = Disks(3);
        using var ensemble = Start(disks);
        for (var i = 0; i < 30; i++)
        {
            using var client = Connect(ensemble.Members[i % 3]);
            Create(client, $"/n{i}");
        }
        var summary = Backups.Read(Backups.Take(ensemble, member, disks[member])).Summary!;
        Assert.True(summary.IsConfirmed);
        Assert.Equal(ensemble.Members[0].Server.ZnodeCount, summary.Znodes);
        Assert.Equal(ensemble.Members[member].Id, summary.Member);
        Assert.Equal("1 2 3", summary.Members);
        Assert.All(ensemble.Members, other => Assert.Equal(other.Server.Machine.Digest, summary.Digest));
    }

    [Fact]
    public void A_single_server_goes_on_where_the_ensemble_was_with_its_sessions_and_in_a_later_epoch()
    {
        var disks = Disks(3);
        SessionId owner;
        byte[] password, backup;
        List<string> shown;
        Zxid last;
        using (var ensemble = Start(disks))
        {
            using var client = Connect(ensemble.Members[0]);
            Create(client, "/a");
            Create(client, "/a/eph", mode: 1);
            shown = client.Tree();
            (owner, password) = (client.Id, client.Password);
            backup = Backups.Take(ensemble, 1, disks[1]);
            last = ensemble.Members[0].Server.Machine.Zxid;
            // What comes later is not in it, and its zxids and sessions are known to clients all the same.
            using var late = Connect(ensemble.Members[2]);
            Create(late, "/late");
        }

        var disk = Backups.Restore(backup);
        using var server = MemoryEnsemble.Start(Options() with { Disk = disk });
        using (var again = new RawSession(new ConnectionStream(server.Connect()), Timeout, owner, password))
        {
            Assert.Equal(owner, again.Id);
            Assert.Equal(shown.Order(StringComparer.Ordinal), again.Tree().Order(StringComparer.Ordinal));
            Create(again, "/later");
            var epoch = server.Members[0].Server.Machine.Zxid.Epoch;
            Assert.Equal(new Term(last.Epoch.Value + FolderRestore.TermsLeftOut + 1), epoch);
        }
        using var third = MemoryEnsemble.Start(Options() with { Disk = disk });
        using var observer = Connect(third.Members[0]);
        Assert.Contains(observer.Tree(), line => line.StartsWith("/later ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(4, 2)]
    [InlineData(5, 4)]
    public void Members_with_empty_disks_take_over_the_state_that_one_of_them_holds(int others, int holder)
    {
        var backup = Populated();
        var disks = Disks(others + 1 > holder ? others + 1 : holder + 1);
        disks[holder] = Backups.Restore(backup);
        HoldsTheState(disks, backup);
    }

    [Fact]
    public void A_backup_may_be_restored_to_all_members_as_well()
    {
        var backup = Populated();
        HoldsTheState([Backups.Restore(backup, seed: 1), Backups.Restore(backup, seed: 2), Backups.Restore(backup, seed: 3)], backup);
    }

    [Fact]
    public void Different_backups_never_found_an_ensemble()
    {
        var first = Populated();
        MemoryDisk[] disks = [Backups.Restore(first), new(), Backups.Restore(Populated(more: 1))];
        Assert.Throws<InvalidOperationException>(() => Start(disks));
        Assert.True(_notes.Contains("were given different states to begin with"), _notes.ToString());
        // The empty one has given its word for one of them; it does not begin without it by itself either.
        var refused = Assert.Throws<InvalidOperationException>(() => MemoryEnsemble.Start(Options() with { Disk = disks[1] }));
        Assert.Contains("promised to wait", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_of_the_former_ensemble_keeps_the_new_one_from_being_founded_and_is_named()
    {
        var old = Disks(3);
        byte[] backup;
        using (var ensemble = Start(old))
            backup = Backups.Take(ensemble, 0, old[0]);
        Assert.Throws<InvalidOperationException>(() => Start([Backups.Restore(backup), new(), old[2]]));
        Assert.True(_notes.Contains("stop member 3, empty its data folder"), _notes.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_member_that_is_cut_off_gives_no_backup_before_it_has_what_was_acknowledged_without_it(bool leads)
    {
        var disks = Disks(3);
        using var ensemble = Start(disks);
        var cut = ensemble.Members.First(member => member.Leads == leads);
        ensemble.Partition(cut.Id.Value);
        cut.Ask(OperatorRequest.Backup);
        ensemble.Advance(TimeSpan.FromSeconds(5));
        using var client = Connect(ensemble.Leader!);
        Create(client, "/meanwhile");
        Assert.Equal(BackupStage.Confirming, cut.Server.BackupStage);
        ensemble.Heal();
        var member = cut.Id.Value - 1;
        var reading = Backups.Read(Backups.Take(ensemble, member, disks[member]));
        Assert.NotEqual(Quorate.Kernel.Trees.Tree.None, reading.Machine.Tree.Find("/meanwhile"u8));
    }

    [Fact]
    public void A_member_without_a_majority_says_who_is_missing_and_goes_on_when_they_are_back()
    {
        using var ensemble = Start(Disks(3));
        ensemble.Members[0].Kill();
        ensemble.Members[2].Kill();
        ensemble.Advance(TimeSpan.FromSeconds(30));
        Assert.True(_notes.Contains("A majority is missing: of the ensemble of 1 2 3, member 2 has no link with 1, 3."), _notes.ToString());
        Assert.Equal(ServerState.Looking, ensemble.Members[1].State);
        ensemble.Members[2].Restart();
        ensemble.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(ServerState.Serving, ensemble.Members[1].State);
    }

    [Fact]
    public void The_snapshot_stays_until_it_has_been_copied_however_many_follow()
    {
        MemoryDisk[] disks = [new()];
        using var server = Start(disks);
        using var client = Connect(server.Members[0]);
        Create(client, "/a");
        var backup = Backups.Begin(server, 0, disks[0]);
        var kept = server.Members[0].Server.BackupSnapshot;
        for (var i = 0; i < 5; i++)
        {
            Create(client, $"/b{i}");
            server.Ask(OperatorRequest.Snapshot);
            server.Advance(TimeSpan.FromMilliseconds(100));
        }
        Assert.Equal(backup[BackupReading.HeaderBytes..], Backups.FileOf(disks[0], kept));
        Backups.End(server, 0);
        server.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Empty(Backups.FileOf(disks[0], kept));
        Assert.NotNull(Backups.Read(Backups.Take(server, 0, disks[0])).Summary);
    }

    [Fact]
    public void A_backup_that_is_begun_while_a_snapshot_is_written_holds_what_came_after_its_beginning()
    {
        MemoryDisk[] disks = [new()];
        using var server = Start(disks);
        using var client = Connect(server.Members[0]);
        for (var i = 0; i < 3000; i++)
            Create(client, $"/n{i}");
        server.Ask(OperatorRequest.Snapshot);
        Assert.True(server.Members[0].Server.Machine.Tree.IsInSnapshot);
        Create(client, "/last");
        var reading = Backups.Read(Backups.Take(server, 0, disks[0]));
        Assert.NotEqual(Quorate.Kernel.Trees.Tree.None, reading.Machine.Tree.Find("/last"u8));
    }

    [Fact]
    public void A_backup_that_was_cut_or_changed_anywhere_is_refused_with_the_place()
    {
        var backup = Populated();
        Gen.Int[0, backup.Length - 1].Select(Gen.Byte[1, 255]).Sample((at, change) =>
        {
            var cut = Backups.Read(backup.AsSpan(0, at));
            Assert.StartsWith("offset ", cut.Refusal, StringComparison.Ordinal);
            Assert.Null(cut.Summary);
            var changed = (byte[])backup.Clone();
            changed[at] ^= change;
            var reading = Backups.Read(changed);
            // Behind what the header says it is filled up with zeros, which nobody reads.
            if (reading.Summary is { } summary)
                Assert.Equal(Backups.Read(backup).Summary, summary);
            else
                Assert.StartsWith("offset ", reading.Refusal, StringComparison.Ordinal);
            Assert.True(at < BackupReading.HeaderBytes || reading.Summary is null, $"byte {at} is not noticed");
        });
        Assert.Contains("something else follows", Backups.Read([.. backup, 0]).Refusal, StringComparison.Ordinal);
    }

    private void HoldsTheState(MemoryDisk[] disks, byte[] backup)
    {
        var summary = Backups.Read(backup).Summary!;
        for (var start = 0; start < 2; start++)
        {
            using var ensemble = Start(disks);
            foreach (var member in ensemble.Members)
            {
                using var client = Connect(member);
                Assert.Equal(summary.Znodes + start, client.Tree().Count);
            }
            using var writer = Connect(ensemble.Members[^1]);
            Create(writer, $"/after{start}");
            ensemble.Advance(TimeSpan.FromSeconds(1));
            Assert.All(ensemble.Members, member => Assert.Equal(ensemble.Members[0].Server.Machine.Digest, member.Server.Machine.Digest));
            Assert.True(ensemble.Members[0].Server.Machine.Zxid.Epoch.Value > summary.NewestTerm.Value + FolderRestore.TermsLeftOut);
        }
    }

    /// <summary>A backup of a server that holds something.</summary>
    private byte[] Populated(int more = 0)
    {
        MemoryDisk[] disks = [new()];
        using var server = Start(disks);
        using var client = Connect(server.Members[0]);
        for (var i = 0; i < 20 + more; i++)
            Create(client, $"/n{i}");
        return Backups.Take(server, 0, disks[0]);
    }

    private MemoryEnsemble Start(MemoryDisk[] disks) => MemoryEnsemble.Start(Options() with { Disk = disks[0], Disks = disks }, disks.Length);

    private MemoryOptions Options() => new()
    {
        Time = new ManualTime(DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000)),
        Trace = _notes,
        Settings = new() { SkipAcl = true },
    };

    private static MemoryDisk[] Disks(int members) => [.. Enumerable.Range(0, members).Select(static _ => new MemoryDisk())];

    private static RawSession Connect(MemoryMember member) => new(new ConnectionStream(member.Connect()), Timeout);

    private static void Create(RawSession client, string path, int mode = 0) => client.Ask(OpCode.Create, writer =>
    {
        RawSession.Path(writer, path);
        writer.Buffer("x"u8);
        ForeignFiles.Acl(writer, "world");
        writer.Int(mode);
    });
}
