using BenchmarkDotNet.Attributes;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Trees;

namespace Quorate.Bench;

/// <summary>Looking up and changing znodes of a large tree, at random places: mostly the price of missing the cache.</summary>
public class TreeBench
{
    private const int Paths = 1 << 16;

    private Tree _tree = null!;
    private byte[][] _paths = [];
    private readonly byte[] _data = new byte[Forest.DataBytes];
    private int _directory, _at;

    [Params(100_000, 1_000_000)]
    public int Znodes { get; set; }

    [GlobalSetup]
    public void Grow()
    {
        _tree = Forest.Grow(Znodes);
        _paths = Forest.Scattered(Znodes, Paths);
        _directory = _tree.ParentOf(_tree.Find(_paths[0]));
    }

    [Benchmark]
    public int Find() => _tree.Find(Next());

    [Benchmark]
    public int FindAndReadData()
    {
        var slot = _tree.Find(Next());
        return _tree.DataOf(slot, out _).Length + _tree.StatOf(slot).Version;
    }

    [Benchmark]
    public int FindAndSetData()
    {
        var slot = _tree.Find(Next());
        _tree.SetData(slot, _data, dataIsNull: false, new(7), time: 2_000_000);
        return slot;
    }

    /// <summary>A znode comes and goes; counted as two.</summary>
    [Benchmark(OperationsPerInvoke = 2)]
    public int CreateAndDelete()
    {
        var slot = _tree.Create(_directory, "/load0000000/passing"u8, _data, dataIsNull: false, AclTable.OpenToAll, owner: 0, new(7), 2_000_000);
        _tree.Delete(slot, new(8));
        return slot;
    }

    /// <summary>The names of one directory's children; time per child.</summary>
    [Benchmark(OperationsPerInvoke = Frames.Fanout)]
    public int GetChildren()
    {
        var bytes = 0;
        var parent = _tree.ParentOf(_tree.Find(Next()));
        for (var child = _tree.FirstChild(parent); child != Tree.None; child = _tree.NextSibling(child))
            bytes += _tree.NameOf(child).Length;
        return bytes;
    }

    private ReadOnlySpan<byte> Next() => _paths[_at++ & (Paths - 1)];
}
