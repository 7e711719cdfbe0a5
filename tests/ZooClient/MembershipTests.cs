using Quorate.Client;
using Quorate.Hosts.Memory;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.ZooClients;

/// <summary>The ensemble's members, read, watched and changed by the .NET client.</summary>
public class MembershipTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Members_are_read_watched_and_changed_from_below_a_chroot()
    {
        using var ensemble = MemoryEnsemble.Start(new() { Settings = new() { ReconfigEnabled = true, SkipAcl = true } }, members: 3);
        await using var client = await ZooClient.ConnectAsync(new ZooClientOptions
        {
            ConnectionString = "member-1/app",
            Transport = new MemoryTransport(ensemble),
            CreateChroot = true,
        }, Cancel);
        var (before, changed) = await client.WatchConfigAsync(Cancel);
        Assert.Equal([1, 2, 3], before.Servers.Select(static server => server.Id).Order());
        var late = await Assert.ThrowsAsync<BadVersionException>(async () =>
            await client.ReconfigAsync(new() { Leaving = [3], Version = before.Version + 1 }, Cancel));
        Assert.Equal(OpCode.Reconfig, late.Operation);
        var after = await client.ReconfigAsync(new() { Leaving = [3], Version = before.Version }, Cancel);
        Assert.Equal([1, 2], after.Servers.Select(static server => server.Id).Order());
        Assert.True(after.Version > before.Version);
        var what = await changed.WaitAsync(Cancel);
        Assert.Equal((WatchEvent.NodeDataChanged, "/zookeeper/config"), (what.Kind, what.Path));
        Assert.Equal(after.Servers, (await client.GetConfigAsync(Cancel)).Servers);
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.ReconfigAsync(new(), Cancel));
    }

    [Fact]
    public async Task A_change_that_is_switched_off_is_refused_with_the_remedy()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var client = await ZooClient.ConnectAsync(
            new ZooClientOptions { ConnectionString = "member-1", Transport = new MemoryTransport(ensemble) }, Cancel);
        var refusal = await Assert.ThrowsAsync<ReconfigRefusedException>(
            async () => await client.ReconfigAsync(new() { Leaving = [3] }, Cancel));
        Assert.Equal(ErrorCode.ReconfigDisabled, refusal.Code);
        Assert.Contains("reconfigEnabled=true", refusal.Message, StringComparison.Ordinal);
    }
}
