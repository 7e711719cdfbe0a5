using Quorate.Kernel;
using Quorate.Kernel.Wire;
using Quorate.Tests.Front;

namespace Quorate.Tests.Servers;

/// <summary>A7: what an entry does was decided when it was appended: whoever applies it, under whatever zoo.cfg, has the same state.</summary>
public class ReplicatedRulesTests
{
    private static readonly Settings Lenient = new() { ExtendedTypes = true, EnforceQuota = false, SkipAcl = true };

    private static readonly Settings Strict = new()
    {
        ExtendedTypes = false,
        EnforceQuota = true,
        SkipAcl = false,
        X509Enabled = true,
        ReconfigEnabled = true,
        SuperDigest = "super:x",
        DigestAlgorithm = "SHA256",
    };

    private static readonly Limits Small = new()
    {
        EphemeralsPerSession = 3,
        Znodes = 40,
        MultiOperations = 2,
        BlobBytes = 4000,
        LogRingBytes = 8 << 20,
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A7_members_with_other_settings_apply_the_same_log_to_the_same_state(bool writtenLeniently)
    {
        var (own, other) = writtenLeniently ? (Lenient, Strict) : (Strict, Lenient);
        var world = World.Serving(own, Small);
        Converse(world);
        var (index, digest) = (world.Server.Machine.AppliedIndex, world.Server.Machine.Digest);

        foreach (var settings in new[] { own, other })
        {
            var recovered = Recovered(world.Disk.Copy(), settings, new());
            Assert.Equal(index, recovered.Server.Machine.AppliedIndex);
            Assert.Equal(digest, recovered.Server.Machine.Digest);
        }
    }

    [Fact]
    public void A7_new_limits_reach_the_machine_through_the_log()
    {
        var world = World.Serving(limits: new() { Znodes = 16, LogRingBytes = 8 << 20 });
        var client = world.Client();
        for (var i = 0; i < 20; i++)
            client.Create($"/n{i}");
        client.Go();
        Assert.Equal(8, client.Take().Count(heard => heard == "create QuotaExceeded"));   // 4 are the system's

        var digest = world.Server.Machine.Digest;
        world.Limits = new() { Znodes = 100, LogRingBytes = 8 << 20 };
        Assert.Equal(digest, Recovered(world.Disk.Copy(), world.Settings, world.Limits).Server.Machine.Digest);
        world.KillAndRestart();
        client.Reattach().Create("/more").Go().Expect("granted", "create /more");
    }

    private static void Converse(World world)
    {
        var client = world.Client();
        client.Auth("digest", "me:secret").Go();
        client.Request("ttl", OpCode.CreateTtl, w =>
        {
            Create(w, "/ttl", 5, (31, "world", "anyone"));
            w.Long(1000);
        });
        client.Create("/limited").Create("/zookeeper/quota/limited");
        client.Create("/zookeeper/quota/limited/zookeeper_limits", "count=-1,bytes=-1;byteHardLimit=20;countHardLimit=2");
        client.Create("/zookeeper/quota/limited/zookeeper_stats", "count=0,bytes=0");
        for (var i = 0; i < 4; i++)
            client.Create($"/limited/{i}", "0123456789").Ephemeral($"/e{i}");
        client.Request("closed", OpCode.Create, w => Create(w, "/closed", 0, (0, "world", "anyone")));
        client.Create("/closed/child").Set("/closed", "1");
        client.Request("x509", OpCode.Create, w => Create(w, "/x509", 0, (31, "x509", "CN=me")));
        client.Request("mine", OpCode.Create, w => Create(w, "/mine", 0, (31, "auth", "")));
        client.Request("reconfig", OpCode.Reconfig, w =>
        {
            Ask.Text(w, "");
            Ask.Text(w, "");
            Ask.Text(w, "");
            w.Long(-1);
        });
        var set = Operations.Set("/limited", "m");
        client.Multi(set, set).Multi(set, set, set);
        for (var i = 0; i < 40; i++)
            client.Create($"/many{i}", new string('x', 200));
        client.Go();
        world.Client(timeout: 4000).Ephemeral("/gone").Go();
        world.Wait(5);
        Assert.True(client.Count > 50);
    }

    private static void Create(JuteWriter writer, string path, int flags, (int Permissions, string Scheme, string Id) entry)
    {
        Ask.Text(writer, path);
        Ask.Text(writer, "");
        Ask.Acl(writer, entry);
        writer.Int(flags);
    }

    /// <summary>A server that has read the disk and written nothing yet.</summary>
    private static World Recovered(Storage.MemoryDisk disk, Settings settings, Limits limits)
    {
        var world = new World(settings, limits with { LogRingBytes = 8 << 20 }, seed: 99, disk) { SlowDisk = true };
        world.Start();
        while (world.Server.State == ServerState.Recovering)
            world.Finish(1);
        Assert.Equal(ServerState.Looking, world.Server.State);
        return world;
    }
}
