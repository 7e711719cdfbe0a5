using System.Text;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Crashes;

/// <summary>Three processes that run on while the links between them do not: who is cut off says nothing that the others could contradict.</summary>
public sealed class TrioLinkTests
{
    private const int Timeout = 60_000;

    private static readonly TimeSpan ThreeElectionTimeouts = TimeSpan.FromMilliseconds(3 * 500);

    [Theory(Timeout = 300_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leader_that_is_cut_off_acknowledges_nothing_and_its_client_is_answered_by_the_next(bool inNamespaces)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var trio = Trio.OnLinks(inNamespaces);
        await trio.Start(cancel);
        var old = await trio.Leader(cancel);
        using var writing = await RawClient.Connect(old, Timeout, cancel);
        using var reading = await RawClient.Connect(old, Timeout, cancel);
        Assert.Equal(0, (await writing.Create("/x", "1"u8.ToArray(), 0, cancel)).Error);
        trio.Cut(old, trio.Others(old));
        // The first write after the cut may be in the old leader's log; the others never hear of it, and it must give way.
        var write = writing.Set("/x", "mine"u8.ToArray(), cancel);

        var next = await trio.Leader(cancel, trio.Others(old));
        using (var client = await RawClient.Connect(next, Timeout, cancel))
            Assert.Equal(0, (await client.Set("/x", "2"u8.ToArray(), cancel)).Error);
        var read = Synced(reading, cancel);
        await Task.Delay(ThreeElectionTimeouts, cancel);
        Assert.False(write.IsCompleted || read.IsCompleted, "a leader that is cut off has answered, or hung up");
        Assert.NotEqual("leader", await old.Mode(cancel));

        trio.Mend(old, trio.Others(old));
        Assert.True(await read is "2" or "mine", "the past was read");
        Assert.Equal(0, (await write).Error);
        await AllSee(trio, "mine", cancel);
    }

    [Theory(Timeout = 300_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_follower_that_is_cut_off_answers_when_it_is_linked_again_and_the_others_go_on_meanwhile(bool inNamespaces)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var trio = Trio.OnLinks(inNamespaces);
        await trio.Start(cancel);
        var lonely = trio.Others(await trio.Leader(cancel))[0];
        using var client = await RawClient.Connect(lonely, Timeout, cancel);
        Assert.Equal(0, (await client.Create("/x", "1"u8.ToArray(), 0, cancel)).Error);
        trio.Cut(lonely, trio.Others(lonely));
        var write = client.Set("/x", "mine"u8.ToArray(), cancel);
        foreach (var other in trio.Others(lonely))
        {
            using var connected = await RawClient.Connect(other, Timeout, cancel);
            Assert.Equal(0, (await connected.Set("/x", "2"u8.ToArray(), cancel)).Error);
        }
        await trio.Until(async () => await lonely.Mode(cancel) is null, "the member that is cut off serves no more", cancel);
        Assert.False(write.IsCompleted, "a follower that is cut off has answered, or hung up");

        trio.Mend(lonely, trio.Others(lonely));
        Assert.Equal(0, (await write).Error);
        await AllSee(trio, "mine", cancel);
    }

    /// <summary>The third hears both: it goes on with the leader it has, or with another, and whoever is cut off from that one waits.</summary>
    [Theory(Timeout = 300_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cut_between_two_leaves_a_majority_that_goes_on_and_nobody_is_disconnected(bool inNamespaces)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var trio = Trio.OnLinks(inNamespaces);
        await trio.Start(cancel);
        var leader = await trio.Leader(cancel);
        var (cut, third) = (trio.Others(leader)[0], trio.Others(leader)[1]);
        var clients = new List<RawClient>();
        try
        {
            foreach (var member in (ServerProcess[])[leader, cut, third])
                clients.Add(await RawClient.Connect(member, Timeout, cancel));
            Assert.Equal(0, (await clients[0].Create("/x", "1"u8.ToArray(), 0, cancel)).Error);
            trio.Cut(leader, cut);
            var writes = clients.ConvertAll(client => client.Set("/x", "2"u8.ToArray(), cancel));
            Assert.Equal(0, (await writes[2]).Error);
            await Task.Delay(ThreeElectionTimeouts, cancel);
            for (var i = 0; i < 20; i++)
                Assert.Equal(0, (await clients[2].Set("/x", "3"u8.ToArray(), cancel)).Error);
            trio.Mend(leader, cut);
            foreach (var write in writes)
                Assert.Equal(0, (await write).Error);
            Assert.Equal(0, (await clients[1].Set("/x", "4"u8.ToArray(), cancel)).Error);
            await AllSee(trio, "4", cancel);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    private static async Task AllSee(Trio trio, string value, CancellationToken cancel)
    {
        foreach (var member in trio.Members)
        {
            await trio.Serves(member, cancel);
            using var client = await RawClient.Connect(member, Timeout, cancel);
            Assert.Equal(value, await Synced(client, cancel));
        }
    }

    private static async Task<string> Synced(RawClient client, CancellationToken cancel)
    {
        Assert.Equal(0, (await client.Sync("/x", cancel)).Error);
        return Encoding.ASCII.GetString((await client.Get("/x", cancel)).Data);
    }
}
