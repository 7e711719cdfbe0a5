using BenchmarkDotNet.Attributes;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Kernel.Trees;

namespace Quorate.Bench;

/// <summary>A million znodes into records and back; time per znode.</summary>
/// <remarks>
/// While a snapshot runs each batch carries it on by at most 16 Ki znodes: that many times the figure of <see cref="Write"/> is what it adds
/// to the longest step.
/// </remarks>
public class SnapshotBench
{
    private const int Znodes = 1_000_000, Budget = 16 << 10;

    private readonly Records _records = new();
    private Tree _tree = null!;

    [GlobalSetup]
    public void Grow()
    {
        _tree = Forest.Grow(Znodes);
        _tree.BeginSnapshot(_records);
        while (!_tree.Advance(Budget))
            continue;
        _records.Discards = true;
    }

    [Benchmark(OperationsPerInvoke = Znodes)]
    public int Write()
    {
        _tree.BeginSnapshot(_records);
        while (!_tree.Advance(Budget))
            continue;
        return _tree.Count;
    }

    /// <summary>Allocates what the tree consists of.</summary>
    [Benchmark(OperationsPerInvoke = Znodes)]
    public int Load()
    {
        var tree = new Tree(hashKey: 6);
        for (var i = 0; i < _records.Count; i++)
            tree.Load(_records[i]);
        tree.FinishLoad();
        return tree.Count;
    }

    /// <summary>Keeps records, or gives out the same room for each.</summary>
    private sealed class Records : ISnapshotSink
    {
        private readonly Arena _kept = new(1 << 20, int.MaxValue);
        private readonly List<Slice> _slices = [];
        private readonly byte[] _room = new byte[4096];

        public bool Discards { get; set; }

        public int Count => _slices.Count;

        public bool IsFull => false;

        public ReadOnlySpan<byte> this[int position] => _kept[_slices[position]];

        public Span<byte> Record(int length)
        {
            if (Discards)
                return _room.AsSpan(0, length);
            _slices.Add(_kept.Reserve(length));
            return _kept[_slices[^1]];
        }
    }
}
