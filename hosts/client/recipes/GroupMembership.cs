using System.Runtime.CompilerServices;
using Quorate.Kernel.Recipes;

namespace Quorate.Client;

/// <summary>Being in a group, and knowing who else is: each member an ephemeral below the group's path, kept across sessions.</summary>
public sealed class GroupMembership : IAsyncDisposable
{
    private readonly TreeCache _cache;
    private readonly LastingEphemeral _own;

    private GroupMembership(TreeCache cache, LastingEphemeral own) => (_cache, _own) = (cache, own);

    /// <summary>Joins a group. When the call returns one is in it, and the others are known.</summary>
    /// <param name="connection">Where the group is.</param>
    /// <param name="path">The group's znode; it is made if need be.</param>
    /// <param name="name">One's own name in it. If another member has it, the call waits until that has left.</param>
    /// <param name="data">What the others should know.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ArgumentException">The path is none, or the name cannot be that of a znode.</exception>
    /// <exception cref="ZooException">A server refused; the message says what.</exception>
    public static async Task<GroupMembership> JoinAsync(
        QuorateConnection connection, string path, string name, ReadOnlyMemory<byte> data = default,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(name);
        if (ZnodePath.NameFault(name) is { } fault)
            throw new ArgumentException($"'{name}' cannot be a member's name: it {fault}.", nameof(name));
        var cache = await TreeCache.OpenAsync(connection, path, depth: 1, cancellation);
        var own = new LastingEphemeral(connection, ZnodePath.Child(path, name), data.ToArray());
        var membership = new GroupMembership(cache, own);
        try
        {
            await own.Stood.Within(cancellation);
            return membership;
        }
        catch
        {
            _ = membership.DisposeAsync().AsTask();   // by itself: the caller waits no longer
            throw;
        }
    }

    /// <summary>One's own znode.</summary>
    public string Path => _own.Path;

    /// <summary>How far one's own membership is. While the connection is lost this is a belief.</summary>
    public RegistrationState State => _own.State;

    /// <summary>Who is in the group, as far as is known, with what they said; in the order of the names.</summary>
    public IReadOnlyList<GroupMember> Members => Read(_cache.Snapshot);

    /// <summary>The members, now and then whenever there are others. Whoever is slow misses some in between, but never the last.</summary>
    public async IAsyncEnumerable<IReadOnlyList<GroupMember>> Changes([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var snapshot in _cache.Snapshots(cancellation))
            yield return Read(snapshot);
    }

    /// <summary>Leaves the group. Returns when one is out of it, or after two seconds without a server.</summary>
    public async ValueTask DisposeAsync()
    {
        await _own.DisposeAsync();
        await _cache.DisposeAsync();
    }

    private List<GroupMember> Read(TreeSnapshot snapshot) =>
        [.. snapshot.Paths.Where(path => path != _cache.Path).Select(path => new GroupMember(ZnodePath.Name(path), snapshot[path]!))];
}

/// <summary>A member of a group.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Data">What it said when it joined.</param>
public readonly record struct GroupMember(string Name, byte[] Data);
