using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Importing;

/// <summary>A snapshot of a state that nobody changes meanwhile, written for its own sake: of no server that serves.</summary>
internal sealed class StillSnapshot
{
    private const int BytesInFlight = 4 << 20;
    private const int VisitsPerStep = 16 * 1024;

    private readonly Machine _machine;
    private readonly SnapshotWriter _writer;

    /// <summary>A snapshot of a state. Nothing is written before <see cref="Begin"/>.</summary>
    /// <param name="machine">The state; it stays as it is.</param>
    /// <param name="tickets">Where tickets come from.</param>
    public StillSnapshot(Machine machine, DiskTickets tickets)
    {
        (_machine, Digest) = (machine, machine.Digest);
        _writer = new(BytesInFlight, tickets);
    }

    /// <summary>The digest of the state.</summary>
    public Digest Digest { get; }

    /// <summary>Which snapshot it is and what it contains, once begun.</summary>
    public SnapshotPointer Pointer => _writer.Pointer;

    /// <summary>The size of the file, once finished.</summary>
    public long Bytes => _writer.Bytes;

    /// <summary>Whether it is whole and on the disk for good.</summary>
    public bool IsFinished => _writer.Progress == SnapshotProgress.Finished;

    /// <summary>Why it cannot be, or null.</summary>
    public string? Failure => _writer.Failure;

    /// <summary>Begins to write.</summary>
    /// <param name="number">The snapshot's number.</param>
    /// <param name="chain">The chain value of its position.</param>
    /// <param name="effects">Gets the requests.</param>
    public void Begin(ulong number, ulong chain, Effects effects)
    {
        Span<byte> header = stackalloc byte[SnapshotEnds.HeaderLength];
        SnapshotEnds.WriteHeader(header, chain);
        _writer.Begin(new(number, new(_machine.AppliedIndex, _machine.AppliedTerm, chain)), header);
        _machine.BeginSnapshot(_writer);
        GoOn(effects);
    }

    /// <summary>Takes note of a completion and goes on.</summary>
    public void Completed(DiskTicket ticket, DiskOutcome outcome, Effects effects)
    {
        Invariant.Holds(_writer.Completed(ticket, outcome, effects));
        if (Failure is null)
            GoOn(effects);
    }

    private void GoOn(Effects effects)
    {
        if (_machine.Tree.IsInSnapshot && _machine.Tree.Advance(VisitsPerStep))
        {
            Span<byte> trailer = stackalloc byte[SnapshotEnds.TrailerLength];
            SnapshotEnds.WriteTrailer(trailer, Digest);
            _writer.End(trailer);
        }
        _writer.Submit(effects);
    }
}
