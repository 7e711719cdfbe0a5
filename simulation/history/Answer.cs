using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Simulation.Histories;

/// <summary>A reply as a value: the header, and of the record whatever the request's kind of reply has.</summary>
/// <param name="Error">The header's error.</param>
/// <param name="Zxid">The header's zxid.</param>
internal sealed record Answer(ErrorCode Error, Zxid Zxid)
{
    /// <summary>The path of a create or a sync.</summary>
    public string? Path { get; init; }

    /// <summary>The data of a getData or a reconfig; null also when the znode has null data.</summary>
    public byte[]? Data { get; init; }

    /// <summary>The Stat, where the reply has one.</summary>
    public Stat? Stat { get; init; }

    /// <summary>Names of children, or paths of ephemerals, in the order of the reply.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>The list of a getACL.</summary>
    public Acl? Acl { get; init; }

    /// <summary>The number of a getAllChildrenNumber.</summary>
    public int? Count { get; init; }

    /// <summary>The results of a multi or multiRead, each with the header's zxid.</summary>
    public IReadOnlyList<Answer>? Parts { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Error} at {Zxid}" + (Path is null ? "" : $" {Path}") + (Data is null ? "" : $" {Data.Length} bytes")
        + (Stat is null ? "" : $" {Stat}") + (Names is null ? "" : $" [{string.Join(' ', Names)}]") + (Acl is null ? "" : $" {Acl}")
        + (Count is null ? "" : $" {Count}") + (Parts is null ? "" : $" ({string.Join("; ", Parts)})");
}
