using System.Net;
using System.Net.Sockets;
using Quorate.Client;
using Quorate.Hosts.Memory;

namespace Quorate.Tests.ZooClients;

/// <summary>Connections by themselves: how they end.</summary>
public class TransportTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_that_is_closed_while_the_server_takes_nothing_is_reset_and_not_left_to_the_kernel()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var owner = new Owner();
        var link = new TcpTransport().Connect(new("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port), owner);
        using var server = await listener.AcceptSocketAsync(Cancel);
        await owner.Opened.Task.WaitAsync(Patience, Cancel);
        link.Send(new byte[32 << 20]);   // more than both sockets hold
        link.Close();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        while (!server.Poll(TimeSpan.Zero, SelectMode.SelectError))
            await Task.Delay(20, patience.Token);
    }

    [Fact]
    public async Task What_was_sent_before_a_connection_is_closed_arrives_at_a_server_that_takes_it()
    {
        const int Bytes = 32 << 20;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var owner = new Owner();
        var link = new TcpTransport().Connect(new("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port), owner);
        using var server = await listener.AcceptSocketAsync(Cancel);
        await owner.Opened.Task.WaitAsync(Patience, Cancel);
        link.Send(new byte[Bytes]);
        link.Close();
        var (buffer, received) = (new byte[1 << 20], 0);
        while (received < Bytes && await server.ReceiveAsync(buffer, Cancel) is var count and > 0)
            received += count;
        Assert.Equal(Bytes, received);
    }

    [Fact]
    public async Task A_member_that_goes_while_it_is_connected_to_is_told_of()
    {
        for (var round = 0; round < 20; round++)
        {
            var ensemble = MemoryEnsemble.Start();
            var transport = new MemoryTransport(ensemble);
            transport.CutOff();
            var owner = new Owner();
            transport.Connect(new("member-1", 2181), owner);
            await Task.Delay(round % 4, Cancel);
            if (round % 2 == 0)
                ensemble.Members[0].Kill();
            else
                ensemble.Dispose();
            transport.Heal();
            Assert.NotEmpty(await owner.Closed.Task.WaitAsync(Patience, Cancel));
            ensemble.Dispose();
        }
    }

    private sealed class Owner : ILinkOwner
    {
        public TaskCompletionSource Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<string> Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        void ILinkOwner.Opened() => Opened.TrySetResult();

        void ILinkOwner.Received(ReadOnlySpan<byte> bytes) { }

        void ILinkOwner.Closed(string reason) => Closed.TrySetResult(reason);
    }
}
