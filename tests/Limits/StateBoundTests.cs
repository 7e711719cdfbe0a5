using Quorate.Kernel;
using Quorate.Tests.Servers;

namespace Quorate.Tests.Bounds;

/// <summary>The bounds of the replicated state: at each a write is refused with the protocol's error, and deletes make room again.</summary>
public class StateBoundTests
{
    private static readonly Limits Base = new() { LogRingBytes = 8 << 20, LogRingEntries = 1 << 12 };

    [Fact]
    public void Sessions_one_more_is_refused_until_one_ends()
    {
        var world = World.Serving(limits: Base with { Sessions = 2 });
        var (first, _) = (world.Client(), world.Client());
        var third = world.Open().Handshake(0, new byte[16], 8000).Go();
        third.Expect("refused");
        third.ExpectHangUp();
        first.CloseSession().Go().Expect("close");
        world.Open().Handshake(0, new byte[16], 8000).Go().Expect("granted");
    }

    [Fact]
    public void EphemeralsPerSession_beyond_creates_of_that_session_are_refused()
    {
        var world = World.Serving(limits: Base with { EphemeralsPerSession = 2 });
        var (client, other) = (world.Client(), world.Client());
        client.Ephemeral("/1").Ephemeral("/2").Ephemeral("/3").Create("/persistent").Delete("/1").Ephemeral("/3").Go();
        client.Expect("create /1", "create /2", "create QuotaExceeded", "create /persistent", "delete", "create /3");
        other.Ephemeral("/4").Go().Expect("create /4");
    }

    [Fact]
    public void Znodes_beyond_creates_are_refused_also_in_a_multi()
    {
        var world = World.Serving(limits: Base with { Znodes = 16 });
        var client = world.Client();
        for (var i = 0; i < 12; i++)
            client.Create($"/{i}");
        client.Go().Take();
        Assert.Equal(16, world.Server.ZnodeCount);
        client.Create("/more").Set("/1", "longer").Delete("/2").Go().Expect("create QuotaExceeded", "set v1", "delete");
        client.Multi(Operations.Create("/x"), Operations.Create("/y")).Go().Take();
        Assert.Equal(15, world.Server.ZnodeCount);
        client.Create("/x").Go().Expect("create /x");
    }

    [Fact]
    public void BlobBytes_beyond_writes_that_grow_are_refused()
    {
        var world = World.Serving(limits: Base with { BlobBytes = 1000 });
        var client = world.Client();
        client.Create("/a", new string('d', 500)).Create("/b", new string('d', 500)).Go();
        client.Set("/a", new string('e', 990)).Set("/a", new string('e', 499)).Go();
        client.Expect("create /a", "create QuotaExceeded", "set QuotaExceeded", "set v1");
        client.Delete("/a").Create("/b", new string('d', 500)).Go().Expect("delete", "create /b");
    }

    [Fact]
    public void MultiOperations_more_is_a_malformed_multi()
    {
        var world = World.Serving(limits: Base with { MultiOperations = 3 });
        var client = world.Client();
        var creates = Enumerable.Range(1, 7).Select(i => Operations.Create($"/{i}")).ToArray();
        client.Multi(creates[..3]).Multi(creates[3..]).Go();
        client.Expect("multi", "multi MarshallingError");
        client.Exists("/3").Exists("/4").Go().Expect("exists v0", "exists NoNode");
    }
}
