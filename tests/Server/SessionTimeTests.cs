using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Servers;

/// <summary>How long sessions live: never less than was promised to their owners, and hardly longer.</summary>
public class SessionTimeTests
{
    [Fact]
    public void A_silent_session_ends_with_its_timeout_and_its_ephemerals_with_it()
    {
        var world = World.Serving();
        var (silent, other) = (world.Client(timeout: 4000), world.Client(timeout: 40_000));
        silent.Ephemeral("/e").Go().Expect("create /e");
        other.Exists("/e", watch: true).Go().Expect("exists v0");
        world.Wait(3.999);
        other.Expect();
        Assert.False(silent.IsHungUp);
        world.Wait(0.002);
        other.Expect("! NodeDeleted /e");
        silent.ExpectHangUp();
        silent.Reattach().Expect("refused");
    }

    [Fact]
    public void Expiry_is_never_early_and_late_by_no_more_than_one_tick()
    {
        // Pings at random moments; then silence. The session must be there right up to its timeout after the last, and gone just after it.
        Gen.Select(Gen.Int[4000, 9000], Gen.Int[1, 3900].Array[0, 12], Gen.Int[1, 60_000]).Sample((timeout, pauses, seed) =>
        {
            var world = World.Serving(seed: (ulong)seed);
            var client = world.Client(timeout);
            foreach (var pause in pauses)
            {
                world.Wait(TimeSpan.FromMilliseconds(pause));
                client.Ping().Go().Expect("pong");
            }
            world.Wait(TimeSpan.FromMilliseconds(timeout) - TimeSpan.FromTicks(1));
            Assert.False(client.IsHungUp);
            Assert.Equal(1, world.Server.SessionCount);
            world.Wait(TimeSpan.FromTicks(1));
            client.ExpectHangUp();
            Assert.Equal(0, world.Server.SessionCount);
        });
    }

    [Fact]
    public void A5_a_shorter_timeout_counts_only_from_the_first_request_on_the_new_attachment()
    {
        var world = World.Serving();
        var owner = world.Client(timeout: 10_000);
        owner.Ping().Go().Expect("pong");                    // its owner may act until 10 s
        world.Wait(1);
        var lost = owner.Reattach(timeout: 4000);            // the owner never learns of the shorter timeout
        Assert.Equal(4000, lost.Timeout);
        world.Close(lost);
        world.Wait(9.9);
        Assert.Equal(1, world.Server.SessionCount);
        world.Wait(0.2);                                     // 10 s after the attach, the last that was heard of it
        Assert.Equal(0, world.Server.SessionCount);

        owner = world.Client(timeout: 10_000);
        var heard = owner.Reattach(timeout: 4000);
        heard.Ping().Go().Expect("granted", "pong");
        world.Wait(4.1);
        Assert.Equal(0, world.Server.SessionCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A5_the_longer_timeout_is_kept_across_a_restart(bool fromSnapshot)
    {
        var world = World.Serving();
        var owner = world.Client(timeout: 10_000);
        owner.Ping().Go().Expect("pong");                    // its owner may act until 10 s
        world.Wait(1);
        owner.Reattach(timeout: 4000);                       // lost on the way
        if (fromSnapshot)
            world.Obey(OperatorRequest.Snapshot);
        world.Wait(1);
        world.KillAndRestart();
        world.Wait(7.9);                                     // 9.9 s
        Assert.Equal(1, world.Server.SessionCount);
        world.Wait(10);
        Assert.Equal(0, world.Server.SessionCount);
    }

    [Fact]
    public void A6_an_appended_write_touches_its_session_although_its_commit_takes_long()
    {
        var world = World.Serving();
        var (client, other) = (world.Client(timeout: 4000), world.Client(timeout: 40_000));
        world.Wait(3.9);
        world.SlowDisk = true;
        client.Create("/a").Go();                            // appended at 3.9, committed at 7.8
        world.Wait(3.9);
        world.Finish();
        client.Expect("create /a");
        world.SlowDisk = false;
        world.Settle();
        Assert.Equal(2, world.Server.SessionCount);
        other.Ping().Go().Expect("pong");
        world.Wait(0.2);
        Assert.Equal(1, world.Server.SessionCount);
    }

    [Fact]
    public void A6_an_attach_touches_its_session_when_it_is_appended()
    {
        var world = World.Serving();
        var client = world.Client(timeout: 4000);
        world.Wait(3.9);
        world.SlowDisk = true;
        var again = client.Reattach();
        world.Wait(0.2);                                     // the first timer fires while the attach is not committed yet
        world.SlowDisk = false;
        world.Settle();
        again.Expect("granted");
        Assert.Equal(1, world.Server.SessionCount);
    }

    [Fact]
    public void A6_the_wrong_password_keeps_nobody_alive()
    {
        var world = World.Serving();
        var client = world.Client(timeout: 4000);
        world.Close(client);
        for (var i = 0; i < 3; i++)
        {
            world.Wait(1);
            client.Reattach(password: new byte[16]).Expect("refused");
        }
        world.Wait(1.1);
        Assert.Equal(0, world.Server.SessionCount);
    }

    [Fact]
    public void A6_once_its_close_is_proposed_a_session_is_promised_nothing_any_more()
    {
        var world = World.Serving();
        var client = world.Client(timeout: 4000);
        client.Create("/a").Go().Take();
        world.Wait(3.9);
        world.SlowDisk = true;
        world.Wait(0.2);                                     // the close is on its way to the disk
        client.Ping().Sync("/a").Set("/a", "1").Go();
        client.Expect();
        world.SlowDisk = false;
        world.Settle();
        client.Expect();
        client.ExpectHangUp();
        Assert.Equal(0, world.Server.SessionCount);
    }

    [Fact]
    public void B3_a_host_late_by_seconds_expires_nobody_whose_pings_wait_in_its_inbox()
    {
        var world = World.Serving();
        var clients = Enumerable.Range(0, 50).Select(_ => world.Client(timeout: 4000)).ToArray();
        world.Wait(1);
        world.Sleep(30);
        // The inbox is read in portions, each a batch of its own, with a tick in between.
        foreach (var client in clients)
        {
            client.Ping().Go().Expect("pong");
            world.Wait(0.01);
        }
        Assert.Equal(50, world.Server.SessionCount);
        Assert.DoesNotContain(world.Notes, note => note.Contains("silent", StringComparison.Ordinal));
        world.Wait(4.1);
        Assert.Equal(0, world.Server.SessionCount);
    }

    [Fact]
    public void B3_one_delay_is_forgiven_once_however_many_inputs_it_brings()
    {
        // A host whose clock moves within its batch: each input is a little later than the one before.
        var world = World.Serving();
        world.Client(timeout: 4000);
        var busy = world.Client(timeout: 40_000);
        world.Wait(1);
        world.Sleep(10);
        world.Batch(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                busy.Ping().Go();
                world.Sleep(0.001);
            }
        });
        Assert.Equal(100, busy.Take().Length);
        world.Wait(5);
        Assert.Equal(1, world.Server.SessionCount);
    }

    [Fact]
    public void B10_a_connection_that_is_not_read_from_keeps_its_session()
    {
        var world = World.Serving(limits: new() { RequestsPerConnection = 4, LogRingBytes = 8 << 20 });
        var client = world.Client(timeout: 4000);
        world.SlowDisk = true;
        for (var i = 0; i < 4; i++)
            client.Create($"/a{i}").Go();
        Assert.True(client.IsHeld);
        client.Ping().Go();
        Assert.Equal(1, client.Unread);
        world.Wait(20);                                      // its pings lie unread; the disk hangs
        world.SlowDisk = false;
        world.Settle();
        Assert.Equal(1, world.Server.SessionCount);
        Assert.False(client.IsHeld);
        client.Expect("create /a0", "create /a1", "create /a2", "create /a3", "pong");
    }

    [Fact]
    public void B10_but_not_for_ever()
    {
        var world = World.Serving(limits: new() { RequestsPerConnection = 4, LogRingBytes = 8 << 20 });
        var client = world.Client(timeout: 4000);
        world.SlowDisk = true;
        for (var i = 0; i < 4; i++)
            client.Create($"/a{i}").Go();
        world.Wait(world.Settings.MaxSessionTimeout + TimeSpan.FromSeconds(6));
        world.SlowDisk = false;
        world.Settle();
        Assert.Equal(0, world.Server.SessionCount);
    }

    [Fact]
    public void Passwords_differ_and_cannot_be_told_from_ids_or_from_the_dice()
    {
        var world = World.Serving(seed: 77);
        var passwords = Enumerable.Range(0, 200).Select(_ => Convert.ToHexString(world.Client().Password)).ToList();
        Assert.Equal(200, passwords.Distinct().Count());

        // The same ids in a world of another seed have other passwords.
        var elsewhere = World.Serving(seed: 78);
        var others = Enumerable.Range(0, 200).Select(_ => Convert.ToHexString(elsewhere.Client().Password));
        Assert.Empty(passwords.Intersect(others));

        // Nor are they plain throws of dice, which would give the dice away and with them every password to come.
        var dice = new Dice(77);
        var throws = Enumerable.Range(0, 2000).Select(_ => dice.Next().ToString("X16", null)).ToHashSet();
        Assert.DoesNotContain(passwords, password => throws.Contains(password[..16]) || throws.Contains(password[16..]));
    }
}
