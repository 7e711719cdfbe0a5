using Quorate.Client;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Allocations;

/// <summary>
/// What the .NET client allocates for a get when many are under way, over TCP and at a server in a process of its own, so that all bytes
/// that this process allocates are counted, on whatever thread: the data that are returned, and nothing else.
/// </summary>
[Collection("alone")]
public sealed class ClientAllocationTests(QuorateFixture fixture) : IClassFixture<QuorateFixture>
{
    private const int Loops = 10, Gets = 5_000, DataBytes = 1000;

    /// <summary>An array of a thousand bytes: its header and its length besides.</summary>
    private const int ReturnedBytes = DataBytes + 24;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pipelined_get_allocates_the_returned_data_and_nothing_else(bool withToken)
    {
        var server = await ((IServerFixture)fixture).Server();
        await using var client = await ZooClient.ConnectAsync(server.Endpoint, Cancel);
        var path = (await client.CreateAsync("/get-", new byte[DataBytes], Quorate.Kernel.Wire.ZnodeKind.EphemeralSequential, cancellation: Cancel)).Path;
        using var source = new CancellationTokenSource();
        var token = withToken ? source.Token : CancellationToken.None;
        var perGet = new List<double>();
        for (var round = 0; round < 8; round++)
        {
            // The runtime compiles methods anew now and then, and queues grow to their size: a get that allocates does so in every round.
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await Task.WhenAll(Enumerable.Range(0, Loops).Select(_ => Task.Run(() => Loop(client, path, token), Cancel)));
            perGet.Add((double)(GC.GetTotalAllocatedBytes(precise: true) - before) / (Loops * Gets));
        }
        Assert.InRange(perGet.Min(), ReturnedBytes, ReturnedBytes + 0.5);
    }

    private static async Task Loop(ZooClient client, string path, CancellationToken token)
    {
        for (var i = 0; i < Gets; i++)
            if ((await client.GetDataAsync(path, token)).Data.Length != DataBytes)
                Assert.Fail("other data than were written");
    }
}
