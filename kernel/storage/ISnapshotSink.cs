namespace Quorate.Kernel.Storage;

/// <summary>Where the content of a snapshot goes while it is being taken.</summary>
internal interface ISnapshotSink
{
    /// <summary>Room for one content record of exactly <paramref name="length"/> bytes; the caller writes every one before the next call.</summary>
    Span<byte> Record(int length);

    /// <summary>Whether enough chunks are in flight that a cursor that can wait should wait.</summary>
    bool IsFull { get; }
}
