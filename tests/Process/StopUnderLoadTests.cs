using System.Diagnostics;
using Quorate.Tests.Foreign;
using Quorate.Tests.Hosts;

namespace Quorate.Tests.Crashes;

/// <summary>SIGTERM while everybody writes and some do not read: the server ends in order, within seconds, and keeps its word.</summary>
public sealed class StopUnderLoadTests
{
    private const int Rounds = 3;
    private const int Timeout = 60_000;

    private static readonly TimeSpan Seconds = TimeSpan.FromSeconds(60);
    private static readonly IReadOnlyDictionary<string, string> Settings = ServerSettings.Patient;

    [Fact(Timeout = 300_000)]
    public async Task Nothing_acknowledged_is_lost_when_the_process_is_asked_to_stop()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var server = new QuorateProcess(Settings);
        await server.Start(cancel);
        var writers = Enumerable.Range(1, 6).Select(n => new Writer($"/w{n}", Timeout, new Random(n))).ToList();
        foreach (var writer in writers)
            await writer.Open(server.Port, cancel);
        for (var round = 0; round < Rounds; round++)
        {
            var deaf = new List<DeafClient>();
            for (var i = 0; i < 5; i++)
                deaf.Add(await DeafClient.Ask(server.Port, "/zookeeper", cancel));
            var writing = writers.Select(writer => writer.WriteUntilBroken(cancel)).ToList();
            await Task.Delay(500, cancel);
            await Writer.Progress(writers, writing, round + 1, cancel);
            var begun = Stopwatch.GetTimestamp();
            Assert.Equal(0, await server.Terminate(cancel));
            Assert.True(Stopwatch.GetElapsedTime(begun) < Seconds, $"it took {Stopwatch.GetElapsedTime(begun)}:\n{server.Output}");
            await Task.WhenAll(writing);
            deaf.ForEach(client => client.Dispose());
            Assert.Contains("Stopped.", server.Output, StringComparison.Ordinal);
            await server.Start(cancel);
            foreach (var writer in writers)
                await writer.Verify(server.Port, cancel);
        }
        Assert.All(writers, writer => Assert.True(writer.Acknowledged >= Rounds, $"only {writer.Acknowledged} writes"));
    }
}
