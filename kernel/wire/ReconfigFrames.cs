namespace Quorate.Kernel.Wire;

/// <summary>reconfig: a change of the ensemble's membership, by difference or as a whole.</summary>
public readonly ref struct ReconfigRequest
{
    /// <summary>Servers that join, comma separated; empty when null.</summary>
    public ReadOnlySpan<byte> Joining { get; private init; }
    /// <summary>Ids of the servers that leave, comma separated; empty when null.</summary>
    public ReadOnlySpan<byte> Leaving { get; private init; }
    /// <summary>The whole new membership; empty when null.</summary>
    public ReadOnlySpan<byte> Members { get; private init; }
    /// <summary>The version of the configuration it is meant for; −1 for any.</summary>
    public long Version { get; private init; }

    /// <summary>Decodes the record.</summary>
    public static ReconfigRequest Read(scoped ref JuteReader reader) => new()
    {
        Joining = reader.Buffer(out _),
        Leaving = reader.Buffer(out _),
        Members = reader.Buffer(out _),
        Version = reader.Long(),
    };
}
