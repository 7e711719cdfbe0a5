using System.Collections.Concurrent;
using Quorate.Client;
using Quorate.Hosts.Memory;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.ZooClients;

/// <summary>
/// What goes wrong around the client: transports and callbacks that throw, answers that make no sense, owners that block.
/// </summary>
public class FaultTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Task<ZooClient> Connect(ClientTransport server, Action<Exception>? failed = null) => ZooClient.ConnectAsync(new ZooClientOptions
    {
        ConnectionString = "member-1",
        Transport = server,
        ConnectTimeout = Patience,
        CloseTimeout = TimeSpan.FromMilliseconds(10),
        CallbackFailed = failed,
    }, Cancel);

    [Fact]
    public async Task A_transport_that_throws_costs_a_connection_and_no_more()
    {
        var left = 3;
        var server = new PlayedServer { Throws = call => call == "Connect" && Interlocked.Decrement(ref left) >= 0 };
        await using var client = await Connect(server);
        Assert.Equal(4, server.Connections);
        var fails = 1;
        server.Throws = call => call == "Close" || call == "Send" && Interlocked.Exchange(ref fails, 0) == 1;
        var loss = await Assert.ThrowsAsync<UnknownOutcomeException>(async () => await client.DeleteAsync("/x", cancellation: Cancel));
        Assert.Equal("/x", loss.Path);
        await Persist(() => client.SyncAsync(Cancel));
        Assert.Equal(5, server.Connections);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_costs_its_request_and_no_more()
    {
        var server = new PlayedServer { Answer = static (xid, op) => PlayedServer.Reply(xid).Int(op == OpCode.GetData ? 100 : 0).ToArray() };
        await using var client = await Connect(server);
        var read = client.GetDataAsync("/x", Cancel);
        var sync = client.SyncAsync(Cancel);
        var problem = await Assert.ThrowsAsync<ZooException>(async () => await read);
        Assert.Equal((ErrorCode.MarshallingError, "/x"), (problem.Code, problem.Path));
        await sync;
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task A_frame_that_makes_no_sense_costs_the_connection_and_the_reason_is_told()
    {
        var server = new PlayedServer { Answer = static (_, op) => op == OpCode.GetData ? [1, 2, 3] : null };
        await using var client = await Connect(server);
        var loss = await Assert.ThrowsAsync<ConnectionLossException>(async () => await client.GetDataAsync("/x", Cancel));
        server.Answer = static (xid, _) => PlayedServer.Reply(xid).ToArray();
        await Persist(() => client.SyncAsync(Cancel));
        Assert.Equal(2, server.Connections);
        Assert.Equal(SessionState.Connected, client.State);
        Assert.Equal(ErrorCode.ConnectionLoss, loss.Code);
    }

    [Fact]
    public async Task Servers_that_open_no_session_are_named_with_the_reason()
    {
        var options = new ZooClientOptions
        {
            ConnectionString = "played:7,other:8",
            Transport = new PlayedServer { Throws = static call => call == "Send" },
            ConnectTimeout = TimeSpan.FromSeconds(3),
        };
        var loss = await Assert.ThrowsAsync<ConnectionLossException>(() => ZooClient.ConnectAsync(options, Cancel));
        Assert.Contains("played:7, other:8", loss.Message, StringComparison.Ordinal);
        Assert.Contains("Send throws", loss.Message, StringComparison.Ordinal);
        Assert.Contains("ConnectTimeout", loss.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Callbacks_that_throw_are_reported_and_change_nothing()
    {
        using var ensemble = MemoryEnsemble.Start();
        var reported = new ConcurrentQueue<string>();
        await using var client = await Connect(new MemoryTransport(ensemble), problem => reported.Enqueue(problem.Message));
        var resumed = new TaskCompletionSource();
        client.StateChanged += state =>
        {
            if (state == SessionState.Connected)
                resumed.TrySetResult();
            throw new InvalidDataException(state.ToString());
        };
        var seen = new ConcurrentQueue<string>();
        var last = new TaskCompletionSource();
        await using var watch = await client.WatchAsync("/a", change =>
        {
            seen.Enqueue(change.Kind.ToString());
            if (change.Kind == WatchEvent.NodeDeleted)
                last.TrySetResult();
            throw new InvalidDataException(change.Path);
        }, cancellation: Cancel);
        ensemble.Members[0].Kill();
        ensemble.Members[0].Restart();
        await resumed.Task.WaitAsync(Patience, Cancel);
        await Persist(async () => await client.CreateAsync("/a", cancellation: Cancel));
        await client.DeleteAsync("/a", cancellation: Cancel);
        await last.Task.WaitAsync(Patience, Cancel);
        Assert.Equal(["NodeCreated", "NodeDeleted"], seen);
        while (reported.Count < 4)
            await Task.Delay(5, Cancel);
        Assert.Equal(["/a", "/a", "Connected", "Suspended"], reported.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Whoever_is_told_may_block_until_others_are_told()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await Connect(new MemoryTransport(ensemble));
        for (var round = 0; round < 20; round++)
            await Task.Run(async () =>
            {
                // Asked together, so answered together; the first that goes on blocks its thread until the rest, and what it asks itself,
                // is told.
                var reads = Enumerable.Range(0, 10).Select(_ => client.ExistsAsync("/", Cancel)).ToArray();
                var behind = Task.WhenAll(reads[1..].Select(static read => read.AsTask()));
                await reads[0];
                Assert.True(behind.Wait(Patience, Cancel));
                Assert.NotNull(client.ExistsAsync("/", Cancel).AsTask().GetAwaiter().GetResult());
            }, Cancel);
    }

    [Fact]
    public async Task More_than_may_wait_is_refused_at_once()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await ZooClient.ConnectAsync(
            new ZooClientOptions
            {
                ConnectionString = "member-1",
                Transport = new MemoryTransport(ensemble),
                OutstandingMax = 5,
                CloseTimeout = TimeSpan.Zero,
            }, Cancel);
        ensemble.Members[0].Pause();
        var asked = Enumerable.Range(0, 6).Select(_ => client.ExistsAsync("/x", Cancel).AsTask()).ToArray();
        var refusal = await Assert.ThrowsAsync<TooManyRequestsException>(() => asked[5]);
        Assert.Equal("/x", refusal.Path);
        Assert.Contains("this client", refusal.Message, StringComparison.Ordinal);
        ensemble.Members[0].Resume();
        await Task.WhenAll(asked[..5]);
    }

    [Fact]
    public async Task Options_that_make_no_sense_are_named()
    {
        var options = new ZooClientOptions { ConnectionString = "a" };
        foreach (var (wrong, name) in ((ZooClientOptions, string)[])[
            (options with { ConnectTimeout = TimeSpan.Zero }, "ConnectTimeout"),
            (options with { CloseTimeout = TimeSpan.FromSeconds(-1) }, "CloseTimeout"),
            (options with { EventsMax = 0 }, "EventsMax"), (options with { AnswerBytesMax = 1 }, "AnswerBytesMax"),
            (options with { SessionTimeout = TimeSpan.Zero }, "SessionTimeout"), (options with { OutstandingMax = 0 }, "OutstandingMax")])
        {
            var refusal = await Assert.ThrowsAsync<ArgumentException>(() => ZooClient.ConnectAsync(wrong, Cancel));
            Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
        }
        await Assert.ThrowsAsync<ArgumentNullException>(() => ZooClient.ConnectAsync((string)null!, Cancel));
    }

    /// <summary>Tries until a server answers.</summary>
    private static async Task Persist(Func<ValueTask> request)
    {
        while (true)
            try
            {
                await request();
                return;
            }
            catch (ConnectionLossException)
            {
                await Task.Delay(5, Cancel);
            }
    }
}
