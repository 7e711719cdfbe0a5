namespace Quorate.Client;

/// <summary>
/// Begins and ends work together: who enters waits until as many have entered as were agreed on, who leaves waits until all have left. It
/// can be used round after round.
/// </summary>
/// <remarks>
/// Everybody inside has an ephemeral below the path; a znode <c>ready</c> beside them says that a round is on. Nobody passes because
/// something woke him: only because a server said that <c>ready</c> is there, or that it is gone (S-54). Who comes while a round is on
/// waits for the next.
/// </remarks>
/// <param name="client">The session it is used under; if it ends, so does the part in it.</param>
/// <param name="path">The znode below which they meet.</param>
/// <param name="parties">How many begin together.</param>
/// <param name="name">This party's name, different from all others'; any unless it is given.</param>
public sealed class DistributedDoubleBarrier(ZooClient client, string path, int parties, string? name = null)
{
    private const string Ready = "ready";

    private readonly string _own = ZnodePath.Child(path, Checked(name) ?? $"party-{client.NewSeed():x16}");
    private readonly string _ready = ZnodePath.Child(path, Ready);
    private readonly int _parties = parties > 0
        ? parties
        : throw new ArgumentOutOfRangeException(nameof(parties), parties, "At least one party meets.");
    private Zxid? _round;   // which round is on: the zxid that began it

    /// <summary>Enters, and waits until all parties have. Who gives up waiting is not inside.</summary>
    /// <exception cref="NodeExistsException">Another session has entered under the same name.</exception>
    /// <exception cref="SessionExpiredException">The session ended first.</exception>
    public async Task EnterAsync(CancellationToken cancellation = default)
    {
        if (_round is not null)
            throw new InvalidOperationException($"This party is inside {path} already: leave before entering again.");
        try
        {
            while (_round is null)
            {
                await UntilOver(round: null, cancellation);
                _round = await UntilReady(await client.CreateOwn(_own, default, cancellation), cancellation);
            }
        }
        catch
        {
            _ = client.Abandon(_own);
            throw;
        }
    }

    /// <summary>Leaves, and waits until all parties have left. Who gives up waiting has left.</summary>
    /// <exception cref="SessionExpiredException">The session ended first.</exception>
    public async Task LeaveAsync(CancellationToken cancellation = default)
    {
        var round = _round ?? throw new InvalidOperationException($"This party is not inside {path}: it cannot leave.");
        _round = null;
        try
        {
            await client.Remove(_own, cancellation);
        }
        catch (OperationCanceledException)
        {
            _ = client.Abandon(_own);
            throw;
        }
        await UntilOver(round, cancellation);
    }

    /// <summary>Waits until a round is over, or whatever round is on. Whoever sees that nobody is inside any more ends it.</summary>
    private async Task UntilOver(Zxid? round, CancellationToken cancellation)
    {
        while (true)
        {
            var (ready, ended) = await Persistence.Persist(() => client.WatchExistsAsync(_ready, cancellation));
            if (ready is not { } on || (round is { } ours && on.Czxid != ours))
                return;
            var (inside, version) = await Parties(cancellation);
            if (inside.Count == 0)
                await End(version, cancellation);
            else if (await Watch(inside[0], cancellation) is { Value: not null } first)
                await (await Task.WhenAny(ended, first.Changed).WaitAsync(cancellation)).UntilTold(cancellation);
        }
    }

    private Task<Watched<Stat?>> Watch(string party, CancellationToken cancellation) =>
        Persistence.Persist(() => client.WatchExistsAsync(ZnodePath.Child(path, party), cancellation));

    /// <summary>The round that begins with us in it; null, and we are outside again, if it began before we were there.</summary>
    private async Task<Zxid?> UntilReady(Stat own, CancellationToken cancellation)
    {
        while (true)
        {
            var (ready, changed) = await Persistence.Persist(() => client.WatchExistsAsync(_ready, cancellation));
            if (ready is { } on && on.Czxid > own.Czxid)
                return on.Czxid;
            if (ready is not null)
            {
                await client.Remove(_own, cancellation);
                return null;
            }
            if ((await Parties(cancellation)).Names.Count >= _parties)
                await Begin(cancellation);
            else
                await changed.UntilTold(cancellation);
        }
    }

    /// <summary>
    /// All are here: whoever is last sees the others, as its own znode came after theirs. The path's version counts the rounds.
    /// </summary>
    private Task Begin(CancellationToken cancellation) => Try(client.Transaction().SetData(path, default).Create(_ready), cancellation);

    /// <summary>Ends the round in which nobody is left, unless another has begun since that was seen.</summary>
    private Task End(int version, CancellationToken cancellation) =>
        Try(client.Transaction().Check(path, version).Delete(_ready), cancellation);

    private static async Task Try(ZooTransaction transaction, CancellationToken cancellation)
    {
        try
        {
            await transaction.CommitAsync(cancellation);
        }
        catch (Exception known) when (known is TransactionFailedException or ConnectionLossException)
        {
            // Somebody else was first, or nobody knows: what is there is looked up in any case.
        }
    }

    /// <summary>Who is inside, in ordinal order, and the path's version.</summary>
    private async Task<(List<string> Names, int Version)> Parties(CancellationToken cancellation)
    {
        var (children, stat) = await Persistence.Persist(() => client.GetChildrenAsync(path, cancellation));
        var names = children.Where(static name => name != Ready).ToList();
        names.Sort(StringComparer.Ordinal);
        return (names, stat.Version);
    }

    private static string? Checked(string? name)
    {
        var fault = name is null ? null : name == Ready ? "is that of the znode that begins a round" : ZnodePath.NameFault(name);
        return fault is null ? name : throw new ArgumentException($"'{name}' cannot be a party's name: it {fault}.", nameof(name));
    }
}
