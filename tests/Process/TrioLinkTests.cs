using System.Text;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Crashes;

/// <summary>Three processes that run on while the links between them do not: who is cut off says nothing that the others could contradict.</summary>
public sealed class TrioLinkTests
{
    private const int Timeout = 60_000;

    private static readonly TimeSpan ThreeElectionTimeouts = TimeSpan.FromMilliseconds(3 * 500);

    [Fact(Timeout = 300_000)]
    public async Task A_leader_that_is_cut_off_acknowledges_nothing_and_its_client_is_answered_by_the_next()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var trio = Trio.OnWires();
        await trio.Start(cancel);
        var old = await trio.Leader(cancel);
        using var writing = await RawClient.Connect(old.Port, Timeout, cancel);
        using var reading = await RawClient.Connect(old.Port, Timeout, cancel);
        Assert.Equal(0, (await writing.Create("/x", "1"u8.ToArray(), 0, cancel)).Error);
        foreach (var other in trio.Others(old))
            trio.Between(old, other).Cut();
        // The first write after the cut may be in the old leader's log; the others never hear of it, and it must give way.
        var write = writing.Set("/x", "mine"u8.ToArray(), cancel);

        var next = await trio.Leader(cancel, trio.Others(old));
        using (var client = await RawClient.Connect(next.Port, Timeout, cancel))
            Assert.Equal(0, (await client.Set("/x", "2"u8.ToArray(), cancel)).Error);
        var read = Synced(reading, cancel);
        await Task.Delay(ThreeElectionTimeouts, cancel);
        Assert.False(write.IsCompleted || read.IsCompleted, "a leader that is cut off has answered, or hung up");
        Assert.NotEqual("leader", await old.Mode(cancel));

        foreach (var other in trio.Others(old))
            trio.Between(old, other).Mend();
        Assert.True(await read is "2" or "mine", "the past was read");
        Assert.Equal(0, (await write).Error);
        await AllSee(trio, "mine", cancel);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_follower_that_is_cut_off_answers_when_it_is_linked_again_and_the_others_go_on_meanwhile()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var trio = Trio.OnWires();
        await trio.Start(cancel);
        var lonely = trio.Others(await trio.Leader(cancel))[0];
        using var client = await RawClient.Connect(lonely.Port, Timeout, cancel);
        Assert.Equal(0, (await client.Create("/x", "1"u8.ToArray(), 0, cancel)).Error);
        foreach (var other in trio.Others(lonely))
            trio.Between(lonely, other).Cut();
        var write = client.Set("/x", "mine"u8.ToArray(), cancel);
        foreach (var other in trio.Others(lonely))
        {
            using var connected = await RawClient.Connect(other.Port, Timeout, cancel);
            Assert.Equal(0, (await connected.Set("/x", "2"u8.ToArray(), cancel)).Error);
        }
        await trio.Until(async () => await lonely.Mode(cancel) is null, "the member that is cut off serves no more", cancel);
        Assert.False(write.IsCompleted, "a follower that is cut off has answered, or hung up");

        foreach (var other in trio.Others(lonely))
            trio.Between(lonely, other).Mend();
        Assert.Equal(0, (await write).Error);
        await AllSee(trio, "mine", cancel);
    }

    /// <summary>The third hears both: it goes on with the leader it has, or with another, and whoever is cut off from that one waits.</summary>
    [Fact(Timeout = 300_000)]
    public async Task A_cut_between_two_leaves_a_majority_that_goes_on_and_nobody_is_disconnected()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var trio = Trio.OnWires();
        await trio.Start(cancel);
        var leader = await trio.Leader(cancel);
        var (cut, third) = (trio.Others(leader)[0], trio.Others(leader)[1]);
        var clients = new List<RawClient>();
        try
        {
            foreach (var member in (ServerProcess[])[leader, cut, third])
                clients.Add(await RawClient.Connect(member.Port, Timeout, cancel));
            Assert.Equal(0, (await clients[0].Create("/x", "1"u8.ToArray(), 0, cancel)).Error);
            trio.Between(leader, cut).Cut();
            var writes = clients.ConvertAll(client => client.Set("/x", "2"u8.ToArray(), cancel));
            Assert.Equal(0, (await writes[2]).Error);
            await Task.Delay(ThreeElectionTimeouts, cancel);
            for (var i = 0; i < 20; i++)
                Assert.Equal(0, (await clients[2].Set("/x", "3"u8.ToArray(), cancel)).Error);
            trio.Between(leader, cut).Mend();
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
            using var client = await RawClient.Connect(member.Port, Timeout, cancel);
            Assert.Equal(value, await Synced(client, cancel));
        }
    }

    private static async Task<string> Synced(RawClient client, CancellationToken cancel)
    {
        Assert.Equal(0, (await client.Sync("/x", cancel)).Error);
        return Encoding.ASCII.GetString((await client.Get("/x", cancel)).Data);
    }
}
