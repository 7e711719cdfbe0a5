using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Quorate.Client;
using Quorate.Hosts.Memory;
using Quorate.Kernel.Clients;

namespace Quorate.Tests.ZooClients;

/// <summary>What is counted of all clients of the process.</summary>
[Collection("alone")]
public class TelemetryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sessions_are_counted_whoever_opens_them()
    {
        using var ensemble = MemoryEnsemble.Start();
        var counts = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == ClientTelemetry.Name)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>(
            (instrument, value, _, _) => counts.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        listener.Start();
        var options = new ZooClientOptions { ConnectionString = "member-1", Transport = new MemoryTransport(ensemble) };
        await (await ZooClient.ConnectAsync(options, Cancel)).DisposeAsync();
        await using var connection = new QuorateConnection(options);
        var client = await connection.GetAsync(Cancel);
        var back = new TaskCompletionSource();
        connection.StateChanged += state =>
        {
            if (state == SessionState.Connected)
                back.TrySetResult();
        };
        ensemble.Members[0].Kill();
        ensemble.Members[0].Restart();
        await back.Task.WaitAsync(Cancel);
        ensemble.ExpireSession(client.Session.Value);
        await foreach (var next in connection.Sessions(Cancel))
            if (next != client)
                break;
        while (Of("sessions") < 3 || Of("expirations") < 1)
            await Task.Delay(5, Cancel);   // whoever waits for a session may be told of it a moment before it is counted
        Assert.Equal((3, 1), (Of("sessions"), Of("expirations")));
        Assert.InRange(Of("interruptions"), 1, 2);

        long Of(string what) => counts.GetValueOrDefault($"quorate.client.{what}");
    }
}
