using System.Text;
using CsCheck;
using Quorate.Kernel.Fronts;

namespace Quorate.Tests.Front;

public class WatchTableTests
{
    private enum Do { Arm, Disarm, Forget, TakeOneShots }

    /// <summary>Short and long paths, so that blocks of several sizes, and pages of their own, come and go.</summary>
    private static readonly byte[][] Paths =
        [.. Enumerable.Range(0, 12).Select(i => Encoding.UTF8.GetBytes("/" + new string((char)('a' + i), i * i * i * 5 + i)))];

    [Fact]
    public void It_behaves_like_a_dictionary_of_pairs() => Gen.Select(
        Gen.Enum<Do>(), Gen.Int[0, 4], Gen.Int[0, 11], Gen.Int[1, 15]).Array[1, 300].Sample(steps =>
        {
            var table = new WatchTable(hashKey: 11);
            var model = new Dictionary<(int Connection, int Path), WatchKinds>();
            foreach (var (what, connection, path, kinds) in steps)
            {
                Perform(table, model, what, connection, path, (WatchKinds)kinds);
                Compare(table, model);
            }
            for (var connection = 0; connection < 5; connection++)
                table.Forget(connection);
            Assert.Equal((0, 0, 0, 0, 0), (table.Count, table.DataCount, table.ChildCount, table.RecursiveCount, table.PathCount));
        }, iter: 500);

    [Fact]
    public void The_watches_of_a_path_come_in_the_order_in_which_they_were_set()
    {
        var table = new WatchTable(hashKey: 1);
        foreach (var connection in (int[])[3, 1, 2])
            table.Arm(connection, "/a"u8, WatchKinds.Data);
        table.Disarm(1, "/a"u8, WatchKinds.All);
        table.Arm(1, "/a"u8, WatchKinds.Child);
        Assert.Equal([3, 2, 1], ConnectionsOn(table, "/a"u8));
    }

    [Fact]
    public void A_steady_load_allocates_nothing()
    {
        var table = new WatchTable(hashKey: 1);
        Churn(table);
        Assert.Equal(0, Allocated.By(() =>
        {
            for (var round = 0; round < 100; round++)
                Churn(table);
        }));
    }

    private static void Churn(WatchTable table)
    {
        Span<byte> path = stackalloc byte[24];
        for (var connection = 0; connection < 20; connection++)
            for (var i = 0; i < 50; i++)
            {
                path.Fill((byte)('a' + i % 20));
                table.Arm(connection, path[..(4 + i % 20)], WatchKinds.Data);
            }
        for (var connection = 0; connection < 20; connection++)
            table.Forget(connection);
    }

    private static void Perform(
        WatchTable table, Dictionary<(int, int), WatchKinds> model, Do what, int connection, int path, WatchKinds kinds)
    {
        var had = model.GetValueOrDefault((connection, path));
        switch (what)
        {
            case Do.Arm:
                table.Arm(connection, Paths[path], kinds);
                model[(connection, path)] = had | kinds;
                break;
            case Do.Disarm:
                Assert.Equal((had & kinds) != 0, table.Disarm(connection, Paths[path], kinds));
                Set(model, connection, path, had & ~kinds);
                break;
            case Do.Forget:
                table.Forget(connection);
                foreach (var key in model.Keys.Where(key => key.Item1 == connection).ToArray())
                    model.Remove(key);
                break;
            case Do.TakeOneShots:
                for (int watch = table.FirstOn(Paths[path]), next; watch != WatchTable.None; watch = next)
                {
                    next = table[watch].NextOfPath;
                    table.Take(watch, WatchKinds.OneShot);
                }
                foreach (var key in model.Keys.Where(key => key.Item2 == path).ToArray())
                    Set(model, key.Item1, key.Item2, model[key] & ~WatchKinds.OneShot);
                break;
        }
    }

    private static void Set(Dictionary<(int, int), WatchKinds> model, int connection, int path, WatchKinds kinds)
    {
        if (kinds == WatchKinds.None)
            model.Remove((connection, path));
        else
            model[(connection, path)] = kinds;
    }

    private static void Compare(WatchTable table, Dictionary<(int Connection, int Path), WatchKinds> model)
    {
        Assert.Equal(model.Count, table.Count);
        Assert.Equal(model.Keys.Select(key => key.Path).Distinct().Count(), table.PathCount);
        Assert.Equal(model.Values.Count(kinds => (kinds & ~WatchKinds.Child) != 0), table.DataCount);
        Assert.Equal(model.Values.Count(kinds => (kinds & (WatchKinds.Child | WatchKinds.Persistent)) != 0), table.ChildCount);
        Assert.Equal(model.Values.Count(kinds => (kinds & WatchKinds.Recursive) != 0), table.RecursiveCount);
        for (var connection = 0; connection < 5; connection++)
        {
            Assert.Equal(model.Keys.Count(key => key.Connection == connection), table.CountOf(connection));
            for (var path = 0; path < Paths.Length; path++)
                Assert.Equal(model.GetValueOrDefault((connection, path)), table.KindsOf(connection, Paths[path]));
        }
        for (var path = 0; path < Paths.Length; path++)
            Assert.Equal(
                model.Keys.Where(key => key.Path == path).Select(key => key.Connection).Order(),
                ConnectionsOn(table, Paths[path]).Order());
    }

    private static List<int> ConnectionsOn(WatchTable table, ReadOnlySpan<byte> path)
    {
        var connections = new List<int>();
        for (var watch = table.FirstOn(path); watch != WatchTable.None; watch = table[watch].NextOfPath)
        {
            Assert.True(table.PathOf(watch).SequenceEqual(path));
            connections.Add(table[watch].Connection);
        }
        return connections;
    }
}
