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
        var place = new WaitingLine(client, line, await Join(client, line, cancellation));
        try
        {
            while (await place.InFront(cancellation) is { } front)
                if (await Persistence.Persist(() => client.WatchExistsAsync(front, cancellation)) is { Value: not null } there)
                    await there.Changed.WaitAsync(cancellation);
            return place;
        }
        catch
        {
            await place.DisposeAsync();
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

    private static async Task<string> Join(ZooClient client, string line, CancellationToken cancellation)
    {
        var prefix = $"{client.Session.Value:x}-{client.NextTag()}-";
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
