using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Quorate.Kernel.Consensus;

/// <summary>A server of the ensemble, and where it is found. The kernel compares and stores the addresses; only hosts read them.</summary>
/// <param name="Id">Its id.</param>
/// <param name="PeerAddress">Where other members reach it; empty in an ensemble of one.</param>
/// <param name="ClientAddress">Where clients reach it; empty if that is not known.</param>
/// <param name="Birth">Under which birth it belongs: a disk that was wiped comes back with another, and its word does not count (A14).</param>
internal sealed record Member(ServerId Id, string PeerAddress = "", string ClientAddress = "", ulong Birth = 0);

/// <summary>
/// Who belongs to the ensemble: voters, who elect and commit, and observers, who only follow; while it changes, also the voters it had
/// before, whose majority is needed as well (thesis §4.3). A value that never changes.
/// </summary>
/// <remarks>
/// The lists ascend by id. No id is both voter and observer; an outgoing voter may be either or neither, but is then the same member, since
/// two births under one id could be counted for each other. Equal memberships have equal bytes wherever they were put together. An empty one
/// is that of a member which was never told of any ensemble.
/// <para>Encoded, little-endian: format (1 byte), number of members (2 bytes), then the members by ascending id: id (1 byte), part
/// (1 byte: 1 voter, 2 observer, 4 outgoing voter), birth (8 bytes), peer address and client address (each 2 bytes of length, then UTF-8).</para>
/// </remarks>
internal sealed class Membership : IEquatable<Membership>
{
    /// <summary>The longest encoding; it has to fit a superblock beside other things.</summary>
    public const int BytesMax = 3072;

    /// <summary>What every encoding has before the members.</summary>
    public const int HeaderLength = 3;

    private const byte Format = 2;
    private const byte VoterPart = 1, ObserverPart = 2, OutgoingPart = 4;

    private readonly Member[] _voters;
    private readonly Member[] _observers;
    private readonly Member[] _outgoing;
    private readonly Member[] _all;

    /// <summary>The membership with some voters and observers, given in any order.</summary>
    public Membership(ReadOnlySpan<Member> voters, ReadOnlySpan<Member> observers)
        : this(voters, observers, []) { }

    /// <summary>The membership on the way from some outgoing voters to others.</summary>
    public Membership(ReadOnlySpan<Member> voters, ReadOnlySpan<Member> observers, ReadOnlySpan<Member> outgoing)
    {
        Invariant.Holds(voters.Length <= Quorum.VotersMax && outgoing.Length <= Quorum.VotersMax);
        Invariant.Holds(observers.Length <= byte.MaxValue);
        _voters = Ascending(voters);
        _observers = Ascending(observers);
        _outgoing = Ascending(outgoing);
        Invariant.Holds(AreDistinct([.. _voters, .. _observers]) && AreDistinct(_outgoing));
        _all = All();
        Invariant.Holds(AreDistinct(_all));
        Invariant.Holds(EncodedLength <= BytesMax);
    }

    /// <summary>Nobody.</summary>
    public static Membership Empty { get; } = new([], []);

    /// <summary>An ensemble of one, which nobody else needs to find.</summary>
    public static Membership Of(ServerId only, ulong birth = 0) => new([new Member(only, Birth: birth)], []);

    /// <summary>Who elects and commits, ascending by id.</summary>
    public IReadOnlyList<Member> Voters => _voters;

    /// <summary>Who follows without a vote, ascending by id.</summary>
    public IReadOnlyList<Member> Observers => _observers;

    /// <summary>The voters of the membership that is being left; empty unless it is joint.</summary>
    public IReadOnlyList<Member> Outgoing => _outgoing;

    /// <summary><see cref="Voters"/> for who counts them after every message.</summary>
    internal ReadOnlySpan<Member> VoterSpan => _voters;

    /// <summary>The same of <see cref="Outgoing"/>.</summary>
    internal ReadOnlySpan<Member> OutgoingSpan => _outgoing;

    /// <summary>Everybody, ascending by id.</summary>
    public IReadOnlyList<Member> Members => _all;

    /// <summary>Whether two sets of voters are in force together.</summary>
    public bool IsJoint => _outgoing.Length > 0;

    /// <summary>Whether a server is the only voter: then it is a majority by itself, if it is who is meant and not another one under its id.</summary>
    public bool IsSoleVoter(ServerId id, ulong birth) =>
        _voters.Length == 1 && _outgoing.Length == 0 && _voters[0].Id == id && _voters[0].Birth == birth;

    /// <summary>Whether a server is all there is.</summary>
    public bool IsAlone(ServerId id, ulong birth) => _all.Length == 1 && IsSoleVoter(id, birth);

    /// <summary>Whether a server takes part under a birth, in whatever part.</summary>
    public bool Includes(ServerId id, ulong birth) => Find(_all, id) is { } member && member.Birth == birth;

    /// <summary>Whether a server follows without a vote.</summary>
    public bool IsObserver(ServerId id) => Find(_observers, id) is not null;

    /// <summary>Whether a server has a vote, in either half.</summary>
    public bool IsVoter(ServerId id) => Find(_voters, id) is not null || Find(_outgoing, id) is not null;

    /// <summary>The member with an id, or null.</summary>
    public Member? Find(ServerId id) => Find(_all, id);

    /// <summary>
    /// Whether one step leads to another membership: no change is under way, somebody will have a vote, and nobody is born anew under an id
    /// that votes now. Who lost his disk leaves first and comes back in a second step.
    /// </summary>
    public bool MayBecome(Membership other)
    {
        var legal = !IsJoint && !other.IsJoint && other._voters.Length > 0;
        foreach (var voter in _voters)
            legal &= other.Find(voter.Id) is not { } same || same.Birth == voter.Birth;
        return legal;
    }

    /// <summary>The joint membership that leads from this one to another: decisions need a majority of the voters of both.</summary>
    public Membership Towards(Membership other)
    {
        Invariant.Holds(MayBecome(other));
        var outgoing = new Member[_voters.Length];
        for (var i = 0; i < outgoing.Length; i++)
            outgoing[i] = other.Find(_voters[i].Id) ?? _voters[i];   // perhaps at another address by now
        return new(other._voters, other._observers, outgoing);
    }

    /// <summary>What a joint membership ends as.</summary>
    public Membership Left()
    {
        Invariant.Holds(IsJoint);
        return new(_voters, _observers);
    }

    /// <summary>The encoding.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[EncodedLength];
        bytes[0] = Format;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(1), (ushort)_all.Length);
        var rest = bytes.AsSpan(HeaderLength);
        foreach (var member in _all)
        {
            (rest[0], rest[1]) = (member.Id.Value, PartOf(member.Id));
            BinaryPrimitives.WriteUInt64LittleEndian(rest[2..], member.Birth);
            rest = rest[(2 + sizeof(ulong))..];
            Encode(ref rest, member.PeerAddress);
            Encode(ref rest, member.ClientAddress);
        }
        return bytes;
    }

    /// <summary>What <see cref="Encode()"/> gave, back from a place that is known to keep its bytes.</summary>
    public static Membership Decode(ReadOnlySpan<byte> bytes)
    {
        Invariant.Holds(TryDecode(bytes, out var membership));
        return membership;
    }

    /// <summary>Decodes bytes of any origin. False, and <see cref="Empty"/>, when they are not the encoding of a membership.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out Membership membership)
    {
        membership = Empty;
        if (bytes.Length is < HeaderLength or > BytesMax || bytes[0] != Format)
            return false;
        var count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]);
        var (voters, observers, outgoing) = (new List<Member>(), new List<Member>(), new List<Member>());
        var rest = bytes[HeaderLength..];
        var previous = 0;
        for (var i = 0; i < count; i++)
        {
            if (!TryDecode(ref rest, ref previous, out var part, out var member))
                return false;
            if ((part & VoterPart) != 0)
                voters.Add(member);
            if ((part & ObserverPart) != 0)
                observers.Add(member);
            if ((part & OutgoingPart) != 0)
                outgoing.Add(member);
        }
        if (!rest.IsEmpty || voters.Count > Quorum.VotersMax || outgoing.Count > Quorum.VotersMax)
            return false;
        membership = new(voters.ToArray(), observers.ToArray(), outgoing.ToArray());
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(Membership? other) =>
        other is not null && _voters.AsSpan().SequenceEqual(other._voters) && _observers.AsSpan().SequenceEqual(other._observers)
        && _outgoing.AsSpan().SequenceEqual(other._outgoing);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Membership);

    /// <summary>A hash of the members' ids; the same in every process.</summary>
    public override int GetHashCode()
    {
        ulong ids = (ulong)_voters.Length;
        foreach (var member in _all)
            ids = Mix.Bits(ids + member.Id.Value + ((ulong)PartOf(member.Id) << 8));
        return (int)ids;
    }

    /// <summary>The ids, observers in brackets, outgoing voters after the word from: 1 2 3 (4) from 1 2.</summary>
    public override string ToString()
    {
        var ids = new StringBuilder();
        foreach (var voter in _voters)
            ids.Append(ids.Length > 0 ? " " : "").Append(voter.Id);
        foreach (var observer in _observers)
            ids.Append(ids.Length > 0 ? " (" : "(").Append(observer.Id).Append(')');
        if (IsJoint)
            ids.Append(" from");
        foreach (var voter in _outgoing)
            ids.Append(' ').Append(voter.Id);
        return ids.ToString();
    }

    private static Member[] Ascending(ReadOnlySpan<Member> members)
    {
        var ascending = members.ToArray();
        Array.Sort(ascending, static (a, b) => a.Id.Value.CompareTo(b.Id.Value));
        return ascending;
    }

    private static bool AreDistinct(ReadOnlySpan<Member> members)
    {
        Span<bool> seen = stackalloc bool[byte.MaxValue + 1];
        foreach (var member in members)
        {
            if (seen[member.Id.Value])
                return false;
            seen[member.Id.Value] = true;
        }
        return !seen[0];
    }

    /// <summary>Everybody once; an id under which two different members appear comes twice, which the constructor refuses.</summary>
    private Member[] All()
    {
        var all = new List<Member>();
        all.AddRange(_voters);
        all.AddRange(_observers);
        foreach (var member in _outgoing)
            if ((Find(_voters, member.Id) ?? Find(_observers, member.Id)) != member)
                all.Add(member);
        return Ascending(all.ToArray());
    }

    private static Member? Find(Member[] members, ServerId id)
    {
        foreach (var member in members)
            if (member.Id == id)
                return member;
        return null;
    }

    private byte PartOf(ServerId id) => (byte)(
        (Find(_voters, id) is null ? 0 : VoterPart) | (Find(_observers, id) is null ? 0 : ObserverPart) | (Find(_outgoing, id) is null ? 0 : OutgoingPart));

    private int EncodedLength
    {
        get
        {
            var length = HeaderLength;
            foreach (var member in _all)
                length += LengthOf(member);
            return length;
        }
    }

    /// <summary>What a member adds to the encoding.</summary>
    public static int LengthOf(Member member) => 2 + sizeof(ulong) + AddressLength(member.PeerAddress) + AddressLength(member.ClientAddress);

    private static int AddressLength(string address) => sizeof(ushort) + Encoding.UTF8.GetByteCount(address);

    private static void Encode(ref Span<byte> rest, string address)
    {
        var length = Encoding.UTF8.GetBytes(address, rest[sizeof(ushort)..]);
        BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)length);
        rest = rest[(sizeof(ushort) + length)..];
    }

    /// <summary>Decodes a member, whose id must be above the one before: there is one encoding for each membership.</summary>
    private static bool TryDecode(ref ReadOnlySpan<byte> rest, ref int previous, out byte part, out Member member)
    {
        (part, member) = (0, Nobody);
        if (rest.Length < 2 + sizeof(ulong) || rest[0] <= previous || rest[1] is 0 or > 7 || (rest[1] & (VoterPart | ObserverPart)) == (VoterPart | ObserverPart))
            return false;
        var id = new ServerId(rest[0]);
        (previous, part) = (rest[0], rest[1]);
        var birth = BinaryPrimitives.ReadUInt64LittleEndian(rest[2..]);
        rest = rest[(2 + sizeof(ulong))..];
        if (!TryDecode(ref rest, out var peer) || !TryDecode(ref rest, out var client))
            return false;
        member = new(id, peer, client, birth);
        return true;
    }

    private static readonly Member Nobody = new(default);

    private static bool TryDecode(ref ReadOnlySpan<byte> rest, out string address)
    {
        address = "";
        if (rest.Length < sizeof(ushort))
            return false;
        var length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
        rest = rest[sizeof(ushort)..];
        if (length > rest.Length || !Utf8.IsValid(rest[..length]))
            return false;
        address = Encoding.UTF8.GetString(rest[..length]);
        rest = rest[length..];
        return true;
    }
}
