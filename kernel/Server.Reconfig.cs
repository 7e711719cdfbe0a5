using Quorate.Kernel.Consensus;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel;

/// <summary>Changes of membership: what the leader decides about a reconfig, and what it adds by itself to bring one to its end.</summary>
/// <remarks>
/// A reconfig is decided when it is appended, once everything before it is applied: then it is certain that it has its turn, and what the
/// leader decides is what the machine would. The decision goes into the entry (<see cref="Ruling"/>), and the membership is in force from there
/// on (B9). A reconfig that adds servers waits a while for them to be linked and up to date. Whoever asked keeps it meanwhile, so that
/// the next leader gets it should this one fail.
/// </remarks>
public sealed partial class Server
{
    /// <summary>So many election timeouts a joiner may stand still before it is given up.</summary>
    private const int JoinerPatience = 4;

    private byte[]? _reconfig;             // the command that waits to be decided
    private Instant _reconfigUntil = Instant.Never;
    private ulong _joinersHold;            // how far the joiners were at the last look, all together
    private bool _isDraining;              // nothing else is appended until the log is applied

    private TimeSpan ReconfigPatience => JoinerPatience * _settings.ElectionTimeout;

    private void ChangeMembership()
    {
        SeatGuests();
        PublishMembership();
        LeaveJoint();
        Decide();
        ReviewContacts();
    }

    /// <summary>
    /// The founding membership is in no log yet: clients find it in /zookeeper/config once it is. A server by itself has none to show, but for
    /// taking back what an ensemble's backup says.
    /// </summary>
    private void PublishMembership()
    {
        if (!_raft.LeadsFirmly || _raft.IsChanging || (_settings.Ensemble.Count == 0 && !_machine.HasMembership)
            || !_machine.MembershipIn(_raft.Identity.Ensemble).IsEmpty)
            return;
        ProposeMembership(_raft.Membership, publishes: true);
    }

    private void LeaveJoint()
    {
        if (_raft.MustLeave)
            ProposeMembership(_raft.Membership.Left(), publishes: false);
    }

    private void ProposeMembership(Membership membership, bool publishes)
    {
        var ruling = RulingOf(membership, publishes ? ServerSpec.Lines(membership) : null);
        var command = new Command { Kind = CommandKind.Membership, Origin = _settings.Id, Ruling = ruling };
        if (_raft.HasRoomToOpen(CommandCodec.Length(command)))
            Propose(command);
    }

    private byte[] RulingOf(Membership membership, byte[]? text) => new Ruling
    {
        Error = ErrorCode.Ok,
        Ensemble = _raft.Identity.Ensemble,
        Publishes = text is not null,
        Text = text,
        Membership = membership.Encode(),
    }.Encode();

    /// <summary>A reconfig has reached the leader. One that comes again while it waits is the same.</summary>
    private void TakeReconfig(ReadOnlySpan<byte> bytes)
    {
        if (_reconfig is null)
        {
            _reconfig = bytes.ToArray();
            (_joinersHold, _reconfigUntil) = (0, _now.Instant + ReconfigPatience);
        }
        else if (!IsSame(CommandCodec.Read(_reconfig), CommandCodec.Read(bytes)))
            Append(bytes, new Ruling { Error = ErrorCode.ReconfigInProgress }.Encode());
    }

    private static bool IsSame(in Command one, in Command other) =>
        one.Session == other.Session && one.Attachment == other.Attachment && one.Sequence == other.Sequence;

    private void Decide()
    {
        _isDraining = false;
        if (_reconfig is not { } bytes)
            return;
        if (!_raft.LeadsFirmly)
        {
            _reconfig = null;
            return;
        }
        var command = CommandCodec.Read(bytes);
        // One that comes too late, or once more, has no turn, and the machine will say so, whatever is decided.
        var hasTurn = _machine.HasTurn(command);
        ErrorCode? error = null;
        Membership? next = null;
        if (!MayAppend || (hasTurn && (error = Judge(command, out next)) is null))
            return;
        if (_raft.Applied < _raft.Log.Last)
        {
            _isDraining = true;
            return;
        }
        _reconfig = null;
        if (next is not null && error == ErrorCode.Ok)
            Begin(bytes, next);
        else
            Append(bytes, error is null ? [] : new Ruling { Error = error.Value }.Encode());
    }

    private void Begin(byte[] bytes, Membership next)
    {
        var joint = _raft.Membership.Towards(next);
        var ruling = RulingOf(joint, ServerSpec.Lines(next));
        if (bytes.Length + ruling.Length > LargestEntry)
        {
            Append(bytes, new Ruling { Error = ErrorCode.BadArguments }.Encode());
            return;
        }
        _trace.Note(NoteLevel.Information, 0, $"Changes the ensemble from {_raft.Membership} to {next}.");
        Append(bytes, ruling);
        _raft.Adopt(_raft.Log.Last, joint, _now);
    }

    /// <summary>What a reconfig would be answered now, in the order of semantics reference §9; null if it is to wait.</summary>
    private ErrorCode? Judge(in Command command, out Membership? next)
    {
        next = null;
        if (!_settings.ReconfigEnabled)
            return ErrorCode.ReconfigDisabled;
        if (_settings.Ensemble.Count == 0)
            return ErrorCode.Unimplemented;   // a server by itself has nobody to find others with
        if (_raft.Membership.IsJoint)
            return ErrorCode.ReconfigInProgress;
        if (_raft.IsChanging)
            return null;
        var reader = new JuteReader(command.Body);
        var request = ReconfigRequest.Read(ref reader);
        if (request.Version != -1 && request.Version != _machine.ConfigVersion.Value)
            return ErrorCode.BadVersion;
        var wanted = new Reconfiguration();
        if (wanted.Read(_raft.Membership, request, _settings.StandaloneEnabled ? 2 : 1) is var wrong and not ErrorCode.Ok)
            return wrong;
        var isAllowed = _machine.MayReconfigure(command.Identities, _settings.SkipAcl);
        if (!CanTakeOver(wanted, out next))
            return isAllowed && IsPatient(wanted) ? null : ErrorCode.NewConfigNoQuorum;
        return isAllowed ? ErrorCode.Ok : ErrorCode.NoAuth;
    }

    /// <summary>Whether everybody who joins, and a majority of the voters to be, is linked and up to date.</summary>
    private bool CanTakeOver(Reconfiguration wanted, out Membership? next)
    {
        next = null;
        foreach (var server in wanted.Servers)
            if (server.Member.Birth == 0 && !_raft.IsSynced(server.Member.Id, _births[server.Member.Id.Value]))
                return false;
        next = wanted.With(server => server.Member.Birth != 0 ? server.Member.Birth : _births[server.Member.Id.Value]);
        var synced = 0;
        foreach (var voter in next.Voters)
            synced += _raft.IsSynced(voter.Id, voter.Birth) ? 1 : 0;
        return synced >= Quorum.Majority(next.Voters.Count);
    }

    private bool IsPatient(Reconfiguration wanted)
    {
        var hold = 0ul;
        foreach (var server in wanted.Servers)
            if (server.Member.Birth == 0)
                hold += _raft.MatchOf(server.Member.Id).Value;
        if (hold > _joinersHold)
            (_joinersHold, _reconfigUntil) = (hold, _now.Instant + ReconfigPatience);
        return _now.Instant < _reconfigUntil;
    }
}
