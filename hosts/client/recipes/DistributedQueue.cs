using System.Globalization;

namespace Quorate.Client;

/// <summary>
/// First in, first out, for many who put in and many who take. Meant for work to be handed out, not for masses of data: all that waits is
/// kept in the servers' memory.
/// </summary>
/// <remarks>
/// An item is a znode <c>PATH/items/item-NUMBER</c>; whoever deletes it has it, so nobody else gets it, and it is lost if its taker then
/// fails. Who waits for items stands in line at <c>PATH/line</c>, a <see cref="FairLock"/>, and only its holder watches the list.
/// </remarks>
/// <param name="client">The session it is used under.</param>
/// <param name="path">The znode below which it is kept.</param>
public sealed class DistributedQueue(ZooClient client, string path)
{
    private const string Item = "item-";

    private readonly string _items = ZnodePath.Child(path, "items"), _line = ZnodePath.Child(path, "line");

    /// <summary>Puts an item in; its znode's path.</summary>
    /// <exception cref="UnknownOutcomeException">The connection broke: it may or may not have been put in.</exception>
    /// <exception cref="ConnectionLossException">The connection broke, and it was not put in.</exception>
    public async Task<string> EnqueueAsync(ReadOnlyMemory<byte> item, CancellationToken cancellation = default) =>
        (await client.CreateBelowContainers(ZnodePath.Child(_items, Item), item, ZnodeKind.PersistentSequential, cancellation)).Path;

    /// <summary>How many items wait.</summary>
    public async Task<int> CountAsync(CancellationToken cancellation = default) => (await Waiting(cancellation)).Count;

    /// <summary>Takes the first item; null if there is none.</summary>
    /// <param name="cancellation">Gives up, unless an item is being taken: that is waited for, and handed out.</param>
    /// <exception cref="UnknownOutcomeException">The connection broke while an item was taken, and it is gone: this call took it, or
    /// somebody else.</exception>
    public async Task<byte[]?> TryDequeueAsync(CancellationToken cancellation = default)
    {
        foreach (var name in await Waiting(cancellation))
            if (await TryTake(ZnodePath.Child(_items, name), cancellation) is { } item)
                return item;
        return null;
    }

    /// <summary>Takes the first item, and waits for one if there is none.</summary>
    /// <param name="cancellation">Gives up, unless an item is being taken: that is waited for, and handed out.</param>
    /// <exception cref="UnknownOutcomeException">The connection broke while an item was taken, and it is gone: this call took it, or
    /// somebody else.</exception>
    /// <exception cref="SessionExpiredException">The session ended first.</exception>
    public async Task<byte[]> DequeueAsync(CancellationToken cancellation = default)
    {
        if (await TryDequeueAsync(cancellation) is { } first)
            return first;
        await using var turn = await client.Lock(_line).Acquire(cancellation: cancellation);
        while (true)
        {
            var changed = await WatchItems(cancellation);
            if (await TryDequeueAsync(cancellation) is { } item)
                return item;
            await changed.UntilTold(cancellation);
        }
    }

    /// <summary>
    /// The names of the items, the first first. Their numbers wrap around (S-48): of two, the one that is a little ahead of the other is
    /// later.
    /// </summary>
    private async Task<List<string>> Waiting(CancellationToken cancellation)
    {
        var names = (await client.ListOrNone(_items, cancellation))
            .Where(static name => name.StartsWith(Item, StringComparison.Ordinal)).ToList();
        names.Sort(static (a, b) => unchecked(Number(a) - Number(b)));
        return names;
    }

    private static int Number(string name) =>
        int.TryParse(name.AsSpan(Item.Length), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>Watches the list of items; it is made if it is not there, as an empty container may go at any time.</summary>
    private async Task<Task> WatchItems(CancellationToken cancellation)
    {
        while (true)
            try
            {
                return (await client.WatchChildrenAsync(_items, cancellation)).Changed;
            }
            catch (NoNodeException)
            {
                await client.EnsureContainers(_items, cancellation);
            }
            catch (ConnectionLossException)
            {
                // Again: it waits for the next connection.
            }
    }

    private async Task<byte[]?> TryTake(string item, CancellationToken cancellation)
    {
        try
        {
            var (data, _) = await Persistence.Persist(() => client.GetDataAsync(item, cancellation));
            await Delete(item);
            return data;
        }
        catch (NoNodeException)
        {
            return null;   // somebody was faster
        }
    }

    /// <summary>
    /// Deletes it, and does not give up: who gave up here would have taken an item, and handed it to nobody. An outcome that is not known
    /// is looked up, and is known again if the item is still there.
    /// </summary>
    private async Task Delete(string item)
    {
        while (true)
            try
            {
                await client.DeleteAsync(item);
                return;
            }
            catch (UnknownOutcomeException)
            {
                if (!await IsThere(item))
                    throw;
            }
            catch (ConnectionLossException)
            {
                // Nothing was done: again.
            }
    }

    private async Task<bool> IsThere(string item)
    {
        try
        {
            return await Persistence.Persist(() => client.ExistsAsync(item)) is not null;
        }
        catch (Exception problem) when (problem is ZooException or ObjectDisposedException)
        {
            return false;   // the session is over, and it stays unknown
        }
    }
}
