using System.Diagnostics;
using System.Globalization;
using Quorate.Client;

namespace Quorate.Bench;

/// <summary>
/// What the .NET client does at a server on this machine: every client keeps so many gets under way, each awaited and asked anew. The same
/// loop as <c>java/ClientLoad.java</c> runs with the Java client.
/// </summary>
internal sealed class ClientLoad
{
    private const string Path = "/client-load";

    private readonly List<Loop> _loops = [];

    /// <summary>client --port P [--clients N] [--outstanding N] [--seconds S] [--warmup S]</summary>
    public static async Task<int> Run(IReadOnlyList<string> args)
    {
        var (port, clients, outstanding, seconds, warmup) = (0, 50, 10, 4, 2);
        for (var i = 0; i < args.Count; i += 2)
        {
            if (i + 1 == args.Count || !int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out var value) || value < 0)
                return Usage();
            switch (args[i])
            {
                case "--port": port = value; break;
                case "--clients": clients = value; break;
                case "--outstanding": outstanding = value; break;
                case "--seconds": seconds = value; break;
                case "--warmup": warmup = value; break;
                default: return Usage();
            }
        }
        if (port is 0 or > ushort.MaxValue)
            return Usage();
        await new ClientLoad().Run(port, clients, outstanding, TimeSpan.FromSeconds(warmup), TimeSpan.FromSeconds(seconds));
        return 0;
    }

    private static int Usage()
    {
        Console.Error.WriteLine("client --port P [--clients 50] [--outstanding 10] [--seconds 4] [--warmup 2]   (a server on 127.0.0.1)");
        return 2;
    }

    /// <summary>One get after the other. A count of its own, so that counting costs nothing.</summary>
    private sealed class Loop(ZooClient client)
    {
        private volatile bool _isOver;
        private long _count;

        public long Count => Volatile.Read(ref _count);

        public void Stop() => _isOver = true;

        public async Task Go()
        {
            while (!_isOver)
            {
                var read = await client.GetDataAsync(Path);
                if (read.Data.Length != 100)
                    throw new InvalidOperationException("the data are not those that were written");
                Volatile.Write(ref _count, _count + 1);
            }
        }
    }

    private async Task Run(int port, int clients, int outstanding, TimeSpan warmup, TimeSpan span)
    {
        var connected = new List<ZooClient>();
        for (var i = 0; i < clients; i++)
            connected.Add(await ZooClient.ConnectAsync($"127.0.0.1:{port}"));
        if (await connected[0].ExistsAsync(Path) is null)
            await connected[0].CreateAsync(Path, new byte[100]);
        foreach (var client in connected)
            for (var i = 0; i < outstanding; i++)
                _loops.Add(new(client));
        var going = _loops.ConvertAll(static loop => loop.Go());
        await Task.Delay(warmup);
        var (count, processor, begun, bytes, collections) = (
            Count(), Processor(), Stopwatch.GetTimestamp(), GC.GetTotalAllocatedBytes(), GC.CollectionCount(0));
        await Task.Delay(span);
        var (done, used, took) = (Count() - count, Processor() - processor, Stopwatch.GetElapsedTime(begun));
        var (allocated, collected) = (GC.GetTotalAllocatedBytes() - bytes, GC.CollectionCount(0) - collections);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"ops/s {done / took.TotalSeconds:f0} cpu-us/op {used.TotalMicroseconds / done:f3} "
            + $"bytes/op {(double)allocated / done:f1} collections {collected}"));
        _loops.ForEach(static loop => loop.Stop());
        await Task.WhenAll(going);
        foreach (var client in connected)
            await client.DisposeAsync();
    }

    private long Count() => _loops.Sum(static loop => loop.Count);

    private static TimeSpan Processor() => Process.GetCurrentProcess().TotalProcessorTime;
}
