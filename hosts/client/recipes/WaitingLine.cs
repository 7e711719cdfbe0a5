using System.Globalization;

namespace Quorate.Client;

/// <summary>A place in a line of ephemerals, each of which watches only the one in front of it, so that one leaving wakes one.</summary>
internal sealed class WaitingLine : IAsyncDisposable
{
    private readonly ZooClient _client;
    private readonly string _line, _own;

    private WaitingLine(ZooClient client, string line, string own) => (_client, _line, _own) = (client, line, own);

    /// <summary>Joins a line, and waits until nobody is in front.</summary>
    public static async Task<WaitingLine> Reach(ZooClient client, string line, CancellationToken cancellation)
    {
        var prefix = $"{client.Session.Value:x}-{client.NextTag()}-";
        WaitingLine? place = null;
        try
        {
            place = new(client, line, await Join(client, line, prefix, cancellation));
            while (await place.InFront(cancellation) is { } front)
                if (await Persistence.Persist(() => client.WatchExistsAsync(front, cancellation)) is { Value: not null } there)
                    await there.Changed.WaitAsync(cancellation);
            return place;
        }
        catch
        {
            _ = place is null ? Forget(client, line, prefix) : client.Abandon(place._own);
            throw;
        }
    }

    /// <summary>Leaves the line, without waiting for a server.</summary>
    public ValueTask DisposeAsync()
    {
        _ = _client.Abandon(_own);
        return default;
    }

    /// <summary>The number behind a sequential znode's name.</summary>
    public static int Number(string name) =>
        name.Length >= 10 && int.TryParse(name.AsSpan(name.Length - 10), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>Puts names in the order in which they were made. Numbers wrap around (S-48): of two, the one a little ahead of the other is later.</summary>
    public static void Sort(List<string> names) => names.Sort(static (a, b) => unchecked(Number(a) - Number(b)));

    private static async Task<string> Join(ZooClient client, string line, string prefix, CancellationToken cancellation)
    {
        while (true)
            try
            {
                return (await client.CreateBelowContainers(ZnodePath.Child(line, prefix), default, ZnodeKind.EphemeralSequential, cancellation)).Path;
            }
            catch (ConnectionLossException)
            {
                // Done or not: the prefix is nobody else's, so it tells.
                foreach (var name in await client.ListOrNone(line, cancellation))
                    if (name.StartsWith(prefix, StringComparison.Ordinal))
                        return ZnodePath.Child(line, name);
            }
    }

    /// <summary>Removes the place that a create may have made, or may still make, whose caller waits no longer.</summary>
    private static async Task Forget(ZooClient client, string line, string prefix)
    {
        try
        {
            foreach (var name in await client.ListOrNone(line, CancellationToken.None))
                if (name.StartsWith(prefix, StringComparison.Ordinal))
                    await client.Abandon(ZnodePath.Child(line, name));
        }
        catch (Exception problem) when (problem is ZooException or ObjectDisposedException)
        {
            // The session is over, and the place with it.
        }
    }

    private async Task<string?> InFront(CancellationToken cancellation)
    {
        List<string> names = [.. await _client.ListOrNone(_line, cancellation)];
        Sort(names);
        var at = names.IndexOf(ZnodePath.Name(_own));
        if (at < 0)
            throw new NoNodeException(OpCode.GetChildren2, _own);
        return at == 0 ? null : ZnodePath.Child(_line, names[at - 1]);
    }
}
