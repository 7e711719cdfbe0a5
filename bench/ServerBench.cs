using System.Text;
using BenchmarkDotNet.Attributes;
using Quorate.Kernel;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Kernel.Wire;

namespace Quorate.Bench;

/// <summary>
/// The whole kernel, frame in to frame out, without sockets and without a disk: what a server of one member can do at most on one core.
/// Fifty connections with ten requests each make a batch; time per request.
/// </summary>
public class ServerBench
{
    private const int Clients = 50, Outstanding = 10, Leaves = 1000;

    private readonly Void _world = new();
    private readonly byte[][] _gets = new byte[Leaves][], _sets = new byte[Leaves][];
    private Driver<VoidPorts> _driver = null!;
    private Moment _now = new(Instant.Origin, new(1_700_000_000_000));
    private int _at;

    [GlobalSetup]
    public void Serve()
    {
        _driver = new(new(new(), new(), seed: 1, NoTrace.Instance), new(_world));
        Deliver(InputKind.Tick, 0, []);
        Settle();
        var origin = Frames.Bytes(static writer => ClientOrigin.Write(writer, "127.0.0.1:1"u8, "127.0.0.1"u8));
        for (ulong client = 1; client <= Clients; client++)
        {
            Deliver(InputKind.ClientOpened, client, origin);
            Deliver(InputKind.ClientFrame, client, Frames.Connect());
        }
        Settle();

        var data = new byte[Forest.DataBytes];
        for (var leaf = 0; leaf < Leaves; leaf++)
        {
            var path = Encoding.UTF8.GetBytes(Frames.Leaf(leaf));
            if (leaf % Frames.Fanout == 0)
                Create(Encoding.UTF8.GetBytes(Frames.Directory(leaf / Frames.Fanout)), data);
            Create(path, data);
            _gets[leaf] = Frames.Request(OpCode.GetData, writer => Frames.GetData(writer, path));
            _sets[leaf] = Frames.Request(OpCode.SetData, writer => Frames.SetData(writer, path, data));
        }
        Invariant.Holds(_driver.Server.State == ServerState.Serving);
    }

    [Benchmark(OperationsPerInvoke = Clients * Outstanding)]
    public long Get() => Batch(_gets, _gets);

    [Benchmark(OperationsPerInvoke = Clients * Outstanding)]
    public long Set() => Batch(_sets, _sets);

    /// <summary>Nine gets to one set. A get waits for the sets of its own connection before it, as ZooKeeper demands.</summary>
    [Benchmark(OperationsPerInvoke = Clients * Outstanding)]
    public long NineGetsOneSet() => Batch(_gets, _sets);

    private long Batch(byte[][] most, byte[][] tenth)
    {
        for (var request = 0; request < Outstanding; request++)
            for (ulong client = 1; client <= Clients; client++)
                Deliver(InputKind.ClientFrame, client, (request == 0 ? tenth : most)[_at = (_at + 7) % Leaves]);
        Settle();
        return _world.ReplyBytes;
    }

    private void Create(byte[] path, byte[] data)
    {
        Deliver(InputKind.ClientFrame, 1, Frames.Request(OpCode.Create, writer => Frames.Create(writer, path, data)));
        Settle();
    }

    private void Deliver(InputKind kind, ulong subject, ReadOnlySpan<byte> bytes) =>
        _driver.Deliver(new() { Now = _now, Kind = kind, Subject = subject, Bytes = bytes });

    /// <summary>Ends the batch, and every batch that its disk requests lead to.</summary>
    private void Settle()
    {
        _driver.Settle();
        while (_world.TryTakeDone(out var ticket))
        {
            _now = new(_now.Instant + TimeSpan.FromMicroseconds(100), _now.Wall);
            do
                Deliver(InputKind.DiskDone, ticket.Value, []);
            while (_world.TryTakeDone(out ticket));
            _driver.Settle();
        }
    }
}
