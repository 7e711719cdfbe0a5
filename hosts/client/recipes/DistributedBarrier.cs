namespace Quorate.Client;

/// <summary>A gate for everybody: as long as the znode is there, whoever comes waits.</summary>
/// <param name="client">The session it is used under.</param>
/// <param name="path">The znode. It belongs to nobody, and stands until it is lifted.</param>
public sealed class DistributedBarrier(ZooClient client, string path)
{
    /// <summary>Closes the gate. False if it was closed.</summary>
    /// <exception cref="UnknownOutcomeException">The connection broke: it may or may not be closed. Doing it again does no
    /// harm.</exception>
    public async Task<bool> RaiseAsync(CancellationToken cancellation = default)
    {
        try
        {
            await client.CreateBelowContainers(path, default, ZnodeKind.Persistent, cancellation);
            return true;
        }
        catch (NodeExistsException)
        {
            return false;
        }
    }

    /// <summary>Opens the gate: all who wait go on. False if it was open.</summary>
    /// <exception cref="UnknownOutcomeException">The connection broke: it may or may not be open. Doing it again does no harm.</exception>
    public async Task<bool> LiftAsync(CancellationToken cancellation = default)
    {
        try
        {
            await client.DeleteAsync(path, cancellation: cancellation);
            return true;
        }
        catch (NoNodeException)
        {
            return false;
        }
    }

    /// <summary>Waits until the gate is open: until a server has said that the znode is not there, whatever woke us (S-54).</summary>
    /// <exception cref="SessionExpiredException">The session ended first.</exception>
    public async Task WaitAsync(CancellationToken cancellation = default)
    {
        while (await Persistence.Persist(() => client.WatchExistsAsync(path, cancellation)) is { Value: not null } closed)
            await closed.Changed.UntilTold(cancellation);
    }
}
