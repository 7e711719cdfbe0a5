using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>
/// A session's writes take effect in the order in which they were issued, each at most once, and none while an earlier one has not.
/// </summary>
/// <remarks>
/// In the log a write is named by attachment and number; a client knows connections and the order of what it sent. An attachment is one of
/// the session's connections, later attachments being later ones, and which it is shows with the first acknowledgement. So each
/// acknowledgement is held against the entry's number at once; what was never acknowledged is held against what was sent when the run
/// ends: the effects of an attachment must be the first writes of one connection, without a gap.
/// </remarks>
internal sealed class SessionOrder(Canon canon) : CanonJudge(canon)
{
    private sealed class Connection(int ordinal)
    {
        public int Ordinal => ordinal;
        public List<Operation> Writes { get; } = [];
        public uint Attachment { get; set; }   // 0 until an acknowledgement shows it
    }

    private sealed class Track(SessionId session)
    {
        public SessionId Session => session;
        public List<Connection> Connections { get; } = [];
        public SortedList<uint, List<CanonEntry>> Effects { get; } = [];
    }

    private readonly Dictionary<SessionId, Track> _tracks = [];
    private readonly List<Track> _inOrder = [];

    /// <inheritdoc/>
    public override void Sent(Operation operation)
    {
        if (!operation.Request.IsWrite)
            return;
        var connections = TrackOf(operation.Session).Connections;
        if (connections.Count == 0 || connections[^1].Ordinal != operation.Connection)
            connections.Add(new(operation.Connection));
        connections[^1].Writes.Add(operation);
    }

    internal override void Happened(CanonEntry entry)
    {
        if (!entry.TookEffect)
            return;
        var effects = TrackOf(entry.Session).Effects;
        if (!effects.TryGetValue(entry.Attachment, out var ofAttachment))
            effects[entry.Attachment] = ofAttachment = [];
        if (effects.Keys[^1] != entry.Attachment)
            Accuse($"{entry} took effect on attachment {entry.Attachment} after the session had written on attachment {effects.Keys[^1]}.");
        else if (entry.Sequence != (ulong)ofAttachment.Count + 1)
            Accuse($"{entry} took effect as number {entry.Sequence} of its attachment, of which {ofAttachment.Count} had.");
        ofAttachment.Add(entry);
    }

    /// <inheritdoc/>
    public override void Returned(Operation operation)
    {
        if (!operation.Request.IsWrite || operation.Answer is not { } answer)
            return;
        var track = TrackOf(operation.Session);
        var connection = track.Connections.FindLast(candidate => candidate.Ordinal == operation.Connection)!;
        if (operation.Request is Request.Reconfig && answer.Error is ErrorCode.ReconfigDisabled or ErrorCode.MarshallingError)
            connection.Writes.Remove(operation);   // refused before it was numbered
        else if (Canon.Find(answer.Zxid) is { TookEffect: true } entry && entry.Session == operation.Session)
            Match(track, connection, operation, entry);
    }

    /// <inheritdoc/>
    public override void Closing(TrueTime now)
    {
        foreach (var track in _inOrder)
            JudgeUnacknowledged(track);
    }

    private Track TrackOf(SessionId session)
    {
        if (_tracks.TryGetValue(session, out var track))
            return track;
        track = _tracks[session] = new(session);
        _inOrder.Add(track);
        return track;
    }

    private void Match(Track track, Connection connection, Operation operation, CanonEntry entry)
    {
        if (connection.Attachment == 0)
            Bind(track, connection, entry);
        if (connection.Attachment != entry.Attachment)
            Accuse($"{operation} took effect as {entry} on attachment {entry.Attachment}; its connection is attachment {connection.Attachment}.");
        else if (entry.Sequence > (ulong)connection.Writes.Count || connection.Writes[(int)entry.Sequence - 1] != operation)
            Accuse($"{operation} was write {connection.Writes.IndexOf(operation) + 1} of its connection and took effect as number " +
                $"{entry.Sequence}: {entry}.");
    }

    private void Bind(Track track, Connection connection, CanonEntry entry)
    {
        connection.Attachment = entry.Attachment;
        foreach (var other in track.Connections)
            if (other != connection && other.Attachment != 0
                && other.Ordinal.CompareTo(connection.Ordinal) != other.Attachment.CompareTo(connection.Attachment))
                Accuse($"{entry} belongs to connection {connection.Ordinal} as attachment {connection.Attachment}, and connection " +
                    $"{other.Ordinal} is attachment {other.Attachment}.");
    }

    /// <summary>
    /// Gives each attachment that nobody acknowledged the earliest connection that can have written it; taking the earliest never spoils
    /// the choice for a later one.
    /// </summary>
    private void JudgeUnacknowledged(Track track)
    {
        var next = 0;
        foreach (var (attachment, effects) in track.Effects)
        {
            var bound = track.Connections.FindIndex(connection => connection.Attachment == attachment);
            var last = bound >= 0 ? bound : track.Connections.Count - 1;
            var found = bound >= 0 ? bound : next;
            while (found <= last && !(Fits(track.Connections[found], attachment) && Begins(track.Connections[found], effects)))
                found++;
            if (found > last)
                Accuse($"Of session {track.Session}, attachment {attachment} applied [{string.Join("; ", effects.Select(e => e.Request))}], " +
                    "which is not how any of its connections began.");
            next = found + 1;
        }
    }

    private static bool Fits(Connection connection, uint attachment) => connection.Attachment == 0 || connection.Attachment == attachment;

    private static bool Begins(Connection connection, List<CanonEntry> effects)
    {
        if (effects.Count > connection.Writes.Count)
            return false;
        for (var i = 0; i < effects.Count; i++)
            if (!effects[i].Request!.IsSame(connection.Writes[i].Request))
                return false;
        return true;
    }
}
