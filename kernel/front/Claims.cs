using System.Buffers.Binary;
using Quorate.Kernel.Machines;

namespace Quorate.Kernel.Fronts;

/// <summary>That a session was heard from, as one member tells the leader.</summary>
/// <param name="Session">The session.</param>
/// <param name="Attachment">Its attachment to that member; a claim for an older one than the present is void.</param>
/// <param name="IsFirst">The first request of this attachment was among what was heard: the owner knows what it was granted (A5).</param>
internal readonly record struct Claim(SessionId Session, uint Attachment, bool IsFirst);

/// <summary>
/// What a member that does not lead tells the leader: whom it heard from, and that pongs and syncs wait for the leader's word (design §7.4).
/// </summary>
/// <remarks>
/// One claim is under way at a time and everything that comes meanwhile goes with the next, so claims grow exactly as much as the leader is
/// far away. Each has a number that is never used again within this member's life, and an answer counts only for the one under way (B1).
/// A claim that is not answered is given up, and whom it named is claimed again: later than heard is safe, since it only lengthens a life.
/// <para>Bytes, little-endian: number (8), how many (4), then for each session (8), attachment (4), 1 if first (1). The answer: number (8), the
/// index that must be applied first (8), how many are refused (4), their sessions (8 each).</para>
/// </remarks>
internal sealed class Claims(Incarnation incarnation)
{
    public const int HeaderLength = 12, ClaimLength = 13, AnswerLength = 20;

    private readonly List<Connection> _heard = [];
    private readonly List<Connection> _underWay = [];
    // So that no life of this member repeats a number of another, on this disk or on one that was wiped.
    private ulong _lastNumber = ((ulong)incarnation.Starts << 40) + (uint)incarnation.Birth;

    /// <summary>The number of the claim under way; 0 when there is none.</summary>
    public ulong Number { get; private set; }

    /// <summary>The round that the claim under way confirms.</summary>
    public ulong Round { get; private set; }

    /// <summary>When the claim under way was sent.</summary>
    public Instant SentAt { get; private set; }

    /// <summary>Whether anybody was heard from since the last claim.</summary>
    public bool HasHeard => _heard.Count > 0;

    /// <summary>Something was received on a connection whose session is up.</summary>
    public void Heard(Connection connection)
    {
#if MUTANTS
        if (Mutant.Is(Mutants.TouchesNotForwarded))
            return;
#endif
        connection.ClaimsFirstRequest |= connection.AwaitsFirstRequest;
        connection.AwaitsFirstRequest = false;
        Kept(connection);
    }

    /// <summary>The session of a connection is to live although nothing is read from it.</summary>
    public void Kept(Connection connection)
    {
        if (connection.IsClaimed)
            return;
        connection.IsClaimed = true;
        _heard.Add(connection);
    }

    /// <summary>Writes the next claim, for rounds up to <paramref name="round"/>; at most so many sessions go with it, the others with the next.</summary>
    public void Write(Arena to, ulong round, int atMost, Instant now)
    {
        Invariant.Holds(Number == 0);
        Number = ++_lastNumber;
        SentAt = now;
        // A session may have come back on another connection: then its former attachment would be refused in its name.
        _heard.RemoveAll(static connection => connection.IsGone);
        var count = Math.Min(_heard.Count, atMost);
        // Rounds of those who must wait for the next claim cannot be told apart from the others: then none is confirmed by this one.
        Round = count == _heard.Count ? round : 0;
        var header = to[to.Reserve(HeaderLength)];
        BinaryPrimitives.WriteUInt64LittleEndian(header, Number);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], count);
        for (var i = 0; i < count; i++)
        {
            var connection = _heard[i];
            connection.IsClaimed = false;
            _underWay.Add(connection);
            var claim = to[to.Reserve(ClaimLength)];
            BinaryPrimitives.WriteInt64LittleEndian(claim, connection.Session.Value);
            BinaryPrimitives.WriteUInt32LittleEndian(claim[8..], connection.Attachment);
            claim[12] = connection.ClaimsFirstRequest ? (byte)1 : (byte)0;
        }
        _heard.RemoveRange(0, count);
    }

    /// <summary>The connection for which a session is named in the claim under way; null if there is none, or it is gone.</summary>
    public Connection? Claiming(SessionId session)
    {
        foreach (var connection in _underWay)
            if (connection.Session == session && !connection.IsGone)
                return connection;
        return null;
    }

    /// <summary>The claim under way is answered; whom it named need not be claimed again.</summary>
    public void Answered()
    {
        foreach (var connection in _underWay)
            connection.ClaimsFirstRequest = false;
        _underWay.Clear();
        Number = 0;
    }

    /// <summary>The claim under way will not be answered: whom it named is claimed again with the next.</summary>
    public void GiveUp()
    {
#if MUTANTS
        if (Number != 0 && Mutant.Is(Mutants.QuestionNumbersReused))
            _lastNumber--;
#endif
        Number = 0;
        foreach (var connection in _underWay)
            if (!connection.IsGone)
                Kept(connection);
        _underWay.Clear();
    }

    /// <summary>Reads the claims of a member; false when the bytes are none. <paramref name="into"/> is cleared first.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ulong number, List<Claim> into)
    {
        number = 0;
        into.Clear();
        if (bytes.Length < HeaderLength)
            return false;
        number = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        bytes = bytes[HeaderLength..];
        if (count < 0 || bytes.Length != (long)count * ClaimLength)
            return false;
        for (; !bytes.IsEmpty; bytes = bytes[ClaimLength..])
            into.Add(new(new(BinaryPrimitives.ReadInt64LittleEndian(bytes)), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), bytes[12] == 1));
        return true;
    }

    /// <summary>Writes a leader's answer.</summary>
    public static void WriteAnswer(Arena to, ulong number, LogIndex applied, ReadOnlySpan<SessionId> refused)
    {
        var bytes = to[to.Reserve(AnswerLength + refused.Length * sizeof(long))];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], applied.Value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], refused.Length);
        for (var i = 0; i < refused.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes[(AnswerLength + i * sizeof(long))..], refused[i].Value);
    }

    /// <summary>Reads a leader's answer; false when the bytes are none.</summary>
    public static bool TryReadAnswer(ReadOnlySpan<byte> bytes, out ulong number, out LogIndex applied, List<SessionId> refused)
    {
        (number, applied) = (0, LogIndex.Zero);
        refused.Clear();
        if (bytes.Length < AnswerLength)
            return false;
        number = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        applied = new(BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]);
        bytes = bytes[AnswerLength..];
        if (count < 0 || bytes.Length != (long)count * sizeof(long))
            return false;
        for (; !bytes.IsEmpty; bytes = bytes[sizeof(long)..])
            refused.Add(new(BinaryPrimitives.ReadInt64LittleEndian(bytes)));
        return true;
    }
}
