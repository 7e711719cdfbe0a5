using System.Runtime.CompilerServices;

namespace Quorate.Client;

/// <summary>
/// The live instances of a service, always up to date without polling. While the connection is lost it shows what was last known.
/// </summary>
public sealed class ServiceView : IAsyncDisposable
{
    private readonly TreeCache _cache;
    private readonly Dice _dice;
    private readonly Lock _gate = new();
    private (TreeSnapshot Snapshot, IReadOnlyList<ServiceInstance> Instances) _read;
    private ulong _turn;

    internal ServiceView(string service, TreeCache cache, Dice dice)
    {
        (Service, _cache, _dice) = (service, cache, dice);
        _read = (TreeSnapshot.Empty, []);
        _turn = dice.Below(1 << 16);
    }

    /// <summary>The service.</summary>
    public string Service { get; }

    /// <summary>Whether changes are being followed.</summary>
    public bool IsCurrent => _cache.IsCurrent;

    /// <summary>The instances that are registered now, in the order of their ids.</summary>
    public IReadOnlyList<ServiceInstance> Instances
    {
        get
        {
            lock (_gate)
            {
                if (_cache.Snapshot is var snapshot && snapshot != _read.Snapshot)
                    _read = (snapshot, Read(snapshot));
                return _read.Instances;
            }
        }
    }

    /// <summary>One of the instances, each in turn; null if there is none.</summary>
    public ServiceInstance? Pick()
    {
        var instances = Instances;
        return instances.Count == 0 ? null : instances[(int)(Interlocked.Increment(ref _turn) % (ulong)instances.Count)];
    }

    /// <summary>One of the instances by chance; null if there is none.</summary>
    public ServiceInstance? PickRandom()
    {
        var instances = Instances;
        if (instances.Count == 0)
            return null;
        lock (_gate)
            return instances[(int)_dice.Below((ulong)instances.Count)];
    }

    /// <summary>
    /// The instances, now and then whenever others are registered. Whoever is slow misses sets in between, but never the last.
    /// </summary>
    public async IAsyncEnumerable<IReadOnlyList<ServiceInstance>> Changes([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var snapshot in _cache.Snapshots(cancellation))
            yield return Read(snapshot);
    }

    /// <summary>The instances now, and a task that ends when there may be others, or nothing is followed any more.</summary>
    public (IReadOnlyList<ServiceInstance> Instances, Task Changed) Watch()
    {
        var (snapshot, changed) = _cache.Watch();
        return (Read(snapshot), changed);
    }

    /// <summary>Follows no more.</summary>
    public ValueTask DisposeAsync() => _cache.DisposeAsync();

    private List<ServiceInstance> Read(TreeSnapshot snapshot)
    {
        var instances = new List<ServiceInstance>();
        foreach (var path in snapshot.Paths)
            if (path != _cache.Path && snapshot.TryGet(path, out var node)
                && ServiceInstance.Decode(Service, ZnodePath.Name(path), node.Data) is { } instance)
                instances.Add(instance);
        return instances;
    }
}
