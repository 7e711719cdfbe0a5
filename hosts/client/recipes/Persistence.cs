namespace Quorate.Client;

/// <summary>
/// What recipes do about lost connections: what may be repeated is repeated, on the same session; each attempt waits for a connection.
/// </summary>
internal static class Persistence
{
    /// <summary>Asks until there is an answer. For reads, and for writes that do no harm twice.</summary>
    public static async Task<T> Persist<T>(Func<ValueTask<T>> ask)
    {
        while (true)
            try
            {
                return await ask();
            }
            catch (ConnectionLossException)
            {
                // Again: it waits for the next connection.
            }
    }

    /// <summary>Deletes a znode of which only one's own session knows what becomes of it; it may be gone already.</summary>
    public static async Task Remove(this ZooClient client, string path, CancellationToken cancellation)
    {
        while (true)
            try
            {
                await client.DeleteAsync(path, cancellation: cancellation);
                return;
            }
            catch (NoNodeException)
            {
                return;
            }
            catch (ConnectionLossException)
            {
                // Done or not: the next attempt finds out.
            }
    }

    /// <summary>
    /// Removes an ephemeral of this session's whose owner has given up, and one whose create was given up and may still be carried out.
    /// Nobody waits for it: without a connection it goes as soon as there is one, or with the session.
    /// </summary>
    public static async Task Abandon(this ZooClient client, string path)
    {
        try
        {
            if (await Persist(() => client.ExistsAsync(path)) is { } stat && stat.EphemeralOwner == client.Session)
                await client.Remove(path, CancellationToken.None);
        }
        catch (Exception problem) when (problem is ZooException or ObjectDisposedException)
        {
            // The session is over, and the znode with it.
        }
    }

    /// <summary>Makes an ephemeral of one's own; one that this session has made already, without having been told, is as good.</summary>
    /// <exception cref="NodeExistsException">Another session has one there.</exception>
    public static async Task<Stat> CreateOwn(this ZooClient client, string path, ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        while (true)
            try
            {
                return (await client.CreateBelowContainers(path, data, ZnodeKind.Ephemeral, cancellation)).Stat;
            }
            catch (NodeExistsException)
            {
                if (await Persist(() => client.ExistsAsync(path, cancellation)) is not { } stat)
                    continue;
                if (stat.EphemeralOwner != client.Session)
                    throw;
                return stat;
            }
            catch (ConnectionLossException)
            {
                // Done or not: the next attempt finds out.
            }
    }

    /// <summary>The children's names; none if there is no such znode.</summary>
    public static async Task<IReadOnlyList<string>> ListOrNone(this ZooClient client, string path, CancellationToken cancellation)
    {
        try
        {
            return (await Persist(() => client.GetChildrenAsync(path, cancellation))).Names;
        }
        catch (NoNodeException)
        {
            return [];
        }
    }
}
