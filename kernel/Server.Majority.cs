using Quorate.Kernel.Fronts;

namespace Quorate.Kernel;

/// <summary>
/// Says in plain words that a majority is missing, and what can be done if it is lost for good. Nothing follows from it: without a majority
/// nobody is elected, however long that lasts, and the way out is an operator's decision.
/// </summary>
public sealed partial class Server
{
    /// <summary>So many election timeouts without a majority are worth a line; the next comes after twice the time, and so on.</summary>
    private const int MissingPatience = 20;

    private Instant _majorityLostAt = Instant.Never;
    private TimeSpan _missingFor;

    string? IAdminView.Missing => IsMajorityMissing ? $"A majority is missing: {MissingMembers()}" : null;

    private bool IsMajorityMissing => Belongs && State is ServerState.Looking && _raft.Leader == default && !_raft.IsMajorityLinked;

    /// <summary>A member that looks for a leader is called again and again by its own election timeouts, so this needs no deadline of its own.</summary>
    private void TellWhatIsMissing()
    {
        if (!IsMajorityMissing)
        {
            _majorityLostAt = Instant.Never;
            return;
        }
        if (_majorityLostAt == Instant.Never)
            (_majorityLostAt, _missingFor) = (_now.Instant, MissingPatience * _settings.ElectionTimeout);
        if (_now.Instant - _majorityLostAt < _missingFor)
            return;
        _missingFor *= 2;
        _trace.Note(NoteLevel.Warning, 0,
            $"A majority is missing: {MissingMembers()} Nothing can be written, and nobody is elected, until enough of them are back. If they are "
            + "lost for good with their disks: stop this member, quorate snapshot DATADIR --to FILE, quorate restore FILE --to NEWDIR "
            + "(hosts/README.md, When a majority is lost).");
    }

    private string MissingMembers()
    {
        var missing = "";
        foreach (var member in _raft.Membership.Members)
            if (_raft.Membership.IsVoter(member.Id) && member.Id != _settings.Id && !_isLinked[member.Id.Value])
                missing += (missing.Length > 0 ? ", " : "") + member.Id;
        return $"of the ensemble of {_raft.Membership}, member {_settings.Id} has no link with {missing}.";
    }
}
