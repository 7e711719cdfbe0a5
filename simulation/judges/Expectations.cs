using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>Counts what a scenario expects to come about, and says at the end what did not.</summary>
internal sealed class Expectations(World world) : Judge
{
    private readonly long[] _counts = new long[Enum.GetValues<Happening>().Length];
    private Term _term;
    private ServerId _leader;
    private LogIndex _last;

    /// <inheritdoc/>
    public override void Became(ServerId member, Role role, Term term, ServerId leader)
    {
        if (role != Role.Leader || term <= _term)
            return;
        Count(Happening.Elections);
        if (_leader != default && _leader != member)
            Count(Happening.LeaderChanges);
        (_term, _leader) = (term, member);
    }

    /// <inheritdoc/>
    public override void Truncated(ServerId member, LogIndex keep) => Count(Happening.Truncations);

    /// <inheritdoc/>
    public override void Installed(ServerId member, LogIndex index, Zxid zxid, Digest digest) => Count(Happening.SnapshotsInstalled);

    /// <inheritdoc/>
    public override void Applied(ServerId member, in AppliedEntry entry)
    {
        if (entry.Index <= _last)
            return;   // another member was the first to apply it
        _last = entry.Index;
        switch (entry.Answer)
        {
            case null:
                Count(Happening.Repeats);
                break;
            case ErrorCode.SessionMoved:
                Count(Happening.MovedWrites);
                break;
            case ErrorCode.Ok when entry.Command.Kind == CommandKind.CreateSession:
                Count(Happening.Sessions);
                break;
            case ErrorCode.Ok when entry.Command.Kind == CommandKind.ExpireSession:
                Count(Happening.Expirations);
                break;
        }
    }

    /// <inheritdoc/>
    public override void Closing(TrueTime now)
    {
        if (world.Court.Violation is not null || world.Scenario.Expectations.Count == 0)
            return;
        CountHistory(world.Jury.History);
        Count(Happening.Turns, world.Offices.Turns);
        Count(Happening.Fenced, world.Offices.Fenced);
        Count(Happening.Overlaps, world.Offices.Exclusion.Overlaps);
        Count(Happening.Acts, world.Offices.Acts);
        Count(Happening.Refusals, world.Offices.Refusals);
        Count(Happening.GuardedWrites, world.Jury.Guarded.Done);
        Count(Happening.GuardRefusals, world.Jury.Guarded.Refused);
        Count(Happening.Evictions, world.Offices.Dispossession.Evictions);
        foreach (var member in world.Members)
        {
            Count(Happening.Failures, member.Failures);
            Count(Happening.SnapshotsWritten, member.Disk.Snapshots);
        }
        foreach (var expectation in world.Scenario.Expectations)
            if (CountOf(expectation.What) is var count && !expectation.Holds(count))
                Accuse($"Expected {expectation}, and there were {count}: the scenario has not done its thing.");
    }

    /// <summary>How often something of a name came about; once the run is over.</summary>
    public long CountOf(string name)
    {
        foreach (var happening in Enum.GetValues<Happening>())
            if (TextOf.Name(happening) == name)
                return _counts[(int)happening];
        foreach (var fault in Enum.GetValues<FaultClass>())
            if (TextOf.Name(fault) == name)
                return world.Counts[fault];
        return world.Jury.History.Operations.Count(
            operation => operation.Fate == Fate.Answered && TextOf.Name(operation.Request.Op) == name);
    }

    private void CountHistory(History history)
    {
        var members = new Dictionary<SessionId, ServerId>();
        foreach (var seen in history.Sessions.Where(static seen => seen.What == SessionChange.Connected))
        {
            if (members.TryGetValue(seen.Session, out var before) && before != seen.Server)
                Count(Happening.SessionMoves);
            members[seen.Session] = seen.Server;
        }
        Count(Happening.LostReplies, history.Operations.Count(static operation => operation.Fate == Fate.Unknown && operation.WasSent));
        Count(Happening.Events, history.Watches.Count);
        Count(Happening.CaughtUp, history.Watches.Count(static seen => seen.Zxid == WatchSeen.CaughtUp));
    }

    private void Count(Happening what, long times = 1) => _counts[(int)what] += times;
}
