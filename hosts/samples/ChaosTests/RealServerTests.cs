using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Quorate.Client;
using Quorate.Hosts.Tcp;
using Quorate.Kernel.Ground;

namespace ChaosTests;

/// <summary>The very same job against a server with a socket and a disk: what the simulator tests is what runs.</summary>
public sealed class RealServerTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("batch-job-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task When_the_master_goes_the_other_job_takes_over_under_a_newer_token()
    {
        var cancel = TestContext.Current.CancellationToken;
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddQuorateServer(new ServerOptions { DataDir = _folder.FullName, Clients = new("127.0.0.1", 0, "clientPort") });
        using var host = builder.Build();
        await host.StartAsync(cancel);
        var address = $"127.0.0.1:{host.Services.GetRequiredService<QuorateServer>().Endpoints[0].Port}";

        var books = Channel.CreateUnbounded<(int Job, Zxid Token, bool MayRun)>();
        ZooClient[] clients = [await ZooClient.ConnectAsync(address, cancel), await ZooClient.ConnectAsync(address, cancel)];
        Task[] jobs = [.. clients.Select((client, job) => new BatchJob(client, TimeProvider.System, new Book(books, job)).Run())];

        var first = await books.Reader.ReadAsync(cancel);
        await End(first.Job);
        var next = first;
        while (next.Job == first.Job)
            next = await books.Reader.ReadAsync(cancel);
        Assert.True(next.Token > first.Token);
        Assert.True(first.MayRun && next.MayRun);
        await End(next.Job);
        await host.StopAsync(cancel);

        // The job goes on until its session ends, and says so.
        async Task End(int job)
        {
            await clients[job].DisposeAsync();
            Assert.True(await Record.ExceptionAsync(() => jobs[job]) is ZooException or ObjectDisposedException);
        }
    }

    private sealed class Book(Channel<(int Job, Zxid Token, bool MayRun)> books, int job) : IBatches
    {
        public void RunOne(Zxid token, bool mayRun) => books.Writer.TryWrite((job, token, mayRun));
    }
}
