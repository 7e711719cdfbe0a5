using System.Buffers.Binary;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>Members whose logs contradict each other, that lost what they acknowledged, or whose disk does not answer.</summary>
/// <remarks>
/// A chain value that differs where index and term agree means that one of two members is broken, and they cannot know which. So the follower
/// withholds its acknowledgement, the leader counts, and the side that a majority contradicts stops (B4): a leader with a bad record must not
/// stop its followers one by one.
/// <para>
/// A member that cannot tell what it acknowledged (its tail mark is lost) counts for nothing until it holds everything up to the last index
/// of a leader whose leadership was confirmed, after the first contact, by a quorum without it. That quorum and any majority this member ever
/// was part of share a member, so that leader has all that this member helped to commit. One that can tell (A8) votes as if its log still
/// ended there.
/// </para>
/// </remarks>
internal sealed partial class Raft
{
    private Instant _unflushedSince = Instant.Never;

    /// <summary>Whether this member holds whatever it may have acknowledged. As long as it does not, the owner keeps that in mind durably.</summary>
    public bool IsWhole => _convalescence.IsNone;

    /// <summary>The end of the log as far as votes are concerned.</summary>
    private LogPosition VotingPosition =>
        IsWhole || _convalescence.IsOverAt(Log.LastPosition) ? Log.LastPosition : _convalescence.Mark;

    /// <summary>Once the log is on the disk as far as the mark, or with what a later leader put in its place, nothing is missing any more.</summary>
    private void HealMark()
    {
        if (!IsWhole && _convalescence.IsOverAt(Log.PositionAt(_flushed)))
            _convalescence = Convalescence.None;
    }

    /// <summary>A follower says whether it is to be counted.</summary>
    private void Convalesces(Progress peer, in FollowerAnswer answer)
    {
        if (answer.Plea == 0)
            peer.Recover();
        else if (answer.Plea != peer.Plea)
        {
            peer.Convalesce(answer.Plea, Log.Last, Confirm());
            trace.Note(NoteLevel.Warning, 0, $"Member {peer.Id} may have lost what it acknowledged: it does not count before it has everything again.");
        }
        peer.HeldNow = answer.Matched;
    }

    /// <summary>The plea to give back.</summary>
    private ulong HeardPlea(Progress peer) =>
        LeadsFirmly && _answered >= peer.WholeAt.Round && peer.HeldNow >= peer.WholeAt.Index ? peer.Plea : 0;

    private void OnHeard(ulong plea)
    {
        if (plea != 0 && plea == _plea)
            (_convalescence, _plea) = (Convalescence.None, 0);
    }

    /// <summary>A follower's log contradicts this leader's at a place.</summary>
    private void Judge(Progress peer, in LogPosition theirs, Effects effects)
    {
        if (!Log.Knows(theirs.Index) || Log.PositionAt(theirs.Index) == theirs)
        {
            peer.ProbeAgain();
            peer.IsPaused = true;
            return;
        }
        peer.ContradictsAt = theirs.Index;
        peer.IsPaused = true;
        var (agree, contradict, voters) = (0, 0, 0);
        for (var i = 0; i < Membership.Voters.Count; i++, voters++)
        {
            var voter = IsSelf(Membership.Voters[i]) ? null : _progress[Membership.Voters[i].Id.Value];
            if (voter is null || voter.CountedMatch >= theirs.Index)
                agree++;
            else if (voter.ContradictsAt != LogIndex.Zero)
                contradict++;
        }
        if (contradict >= Quorum.Majority(voters))
            Fail($"A majority of the members contradicts this one's log at index {theirs.Index}: its disk or its memory is damaged. Wipe its data folder and let it join anew.");
        else if (agree >= Quorum.Majority(voters))
        {
            Span<byte> body = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(body, theirs.Index.Value);
            Send(peer.Id, PeerKind.Verdict, body, effects);
        }
    }

    private void OnVerdict(in PeerMessage message)
    {
        var index = new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(message.Body));
        Fail($"The leader and a majority of the members contradict what this one has at index {index}: its disk or its memory is damaged. Wipe its data folder and let it join anew.");
    }

    /// <summary>Notes since when entries wait for this member's own disk without any of them getting there.</summary>
    private void WatchOwnDisk(Moment now)
    {
        if (_flushed == Log.Last)
            _unflushedSince = Instant.Never;
        else if (_unflushedSince == Instant.Never)
            _unflushedSince = now.Instant;
    }

    /// <summary>Whoever could not even flush as a leader is of no use as one; it stands when its disk has answered.</summary>
    private bool IsDiskStuck(Moment now) => now.Instant >= _unflushedSince + StallTimeout;

    private void LeaveToBetterDisk(Moment now)
    {
        trace.Note(NoteLevel.Warning, 0, "The disk has flushed nothing for two election timeouts: another member is to lead. Look at its disk.");
        if (Transfer(now))
            _isForDisk = true;
        else
            StepDown("its disk does not answer and nobody can take over", now);
    }

    private void Fail(string reason)
    {
        Failure = reason;
        trace.Note(NoteLevel.Error, 0, reason);
    }
}
