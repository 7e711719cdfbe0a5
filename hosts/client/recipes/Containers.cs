namespace Quorate.Client;

/// <summary>The znodes above those of a recipe: containers, which go by themselves some time after their last child.</summary>
internal static class Containers
{
    /// <summary>
    /// Makes a znode and those above it, each unless it is there. They may be gone again soon: whoever needs one asks again.
    /// </summary>
    public static async Task EnsureContainers(this ZooClient client, string path, CancellationToken cancellation)
    {
        for (var end = path.IndexOf('/', 1); path.Length > 1; end = path.IndexOf('/', end + 1))
        {
            var (container, isLast) = end < 0 ? (path, true) : (path[..end], false);
            try
            {
                await Persistence.Persist(() => client.CreateAsync(container, kind: ZnodeKind.Container, cancellation: cancellation));
            }
            catch (NodeExistsException)
            {
                // As it should be.
            }
            catch (NoAuthException) when (!isLast)
            {
                // Whoever may not create here may further below; else the last create says so.
            }
            if (isLast)
                return;
        }
    }

    /// <summary>Creates a znode, and what is missing above it.</summary>
    public static async Task<CreatedZnode> CreateBelowContainers(
        this ZooClient client, string path, ReadOnlyMemory<byte> data, ZnodeKind kind, CancellationToken cancellation)
    {
        while (true)
            try
            {
                return await client.CreateAsync(path, data, kind, cancellation: cancellation);
            }
            catch (NoNodeException)
            {
                await client.EnsureContainers(ZnodePath.Parent(path), cancellation);
            }
    }
}
