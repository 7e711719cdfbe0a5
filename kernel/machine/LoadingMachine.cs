using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Machines;

/// <summary>A state on its way from a snapshot into memory, beside the one that is in force.</summary>
internal sealed class LoadingMachine(ulong hashKey) : ISnapshotContent
{
    /// <summary>The state; to be used only when the trailer has been found right.</summary>
    public Machine Machine { get; } = new(hashKey);

    void ISnapshotContent.SnapshotHeader(ReadOnlySpan<byte> header) { }

    void ISnapshotContent.SnapshotRecord(ReadOnlySpan<byte> record) => Machine.Load(record);

    bool ISnapshotContent.SnapshotTrailer(ReadOnlySpan<byte> trailer)
    {
        Machine.FinishLoad();
        return Machine.Digest == SnapshotEnds.ReadTrailer(trailer);
    }
}
