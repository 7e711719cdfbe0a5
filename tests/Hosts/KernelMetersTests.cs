using System.Diagnostics.Metrics;
using Quorate.Tests.Crashes;

namespace Quorate.Tests.Hosts;

public sealed class KernelMetersTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_clients_did_is_published_within_two_seconds()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var server = await RunningServer.Start(_folder.Path, cancel);
        using var client = await RawClient.Connect(server.Port, 10_000, cancel);
        for (var i = 0; i < 20; i++)
            Assert.Equal(0, (await client.Create("/n" + (char)('a' + i), [], 0, cancel)).Error);

        var deadline = Environment.TickCount64 + 60_000;
        while (Measured("quorate.znodes") < 20 || Measured("quorate.sessions") < 1 || Measured("quorate.updates") < 20)
        {
            Assert.True(Environment.TickCount64 < deadline);
            await Task.Delay(50, cancel);
        }
    }

    /// <summary>The largest value of an instrument, over all servers that this process has.</summary>
    private static long Measured(string name)
    {
        var largest = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, to) =>
        {
            if (instrument.Meter.Name == "Quorate" && instrument.Name == name)
                to.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => largest = Math.Max(largest, value));
        listener.Start();
        listener.RecordObservableInstruments();
        return largest;
    }
}
