namespace Quorate.Client;

/// <summary>How a queue of candidates or lockers is laid out, and what its znodes say.</summary>
public sealed record QueueOptions
{
    /// <summary>
    /// Whose names the znodes bear. Programs that use Curator or kazoo stand in the same queue if their layout is chosen; all must use the
    /// same one.
    /// </summary>
    public QueueLayout Layout { get; init; } = QueueLayout.Curator;

    /// <summary>What one's own znode says, for others to read: who stands there.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>
    /// Who may do what with the znodes; <see cref="AclRule.Open"/> unless given. Whoever stands in the queue must be able to read them all.
    /// </summary>
    public IReadOnlyList<AclRule>? Acl { get; init; }

    internal ContestSettings Settings(ZooClient client, string path, Discipline discipline, TimeSpan? timeout)
    {
        var acl = new Arena(64);
        if (Acl is not null)
            CreateRecords.WriteAcl(new(acl), Acl);
        return new()
        {
            Path = client.AbsoluteBytes(path),
            Discipline = discipline,
            Data = Data,
            Acl = acl.Written.ToArray(),
            WaitUntil = timeout is { } patience && patience < Instant.Never - client.Now ? client.Now + patience : Instant.Never,
        };
    }
}
