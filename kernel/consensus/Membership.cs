using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Quorate.Kernel.Consensus;

/// <summary>A server of the ensemble, and where it is found. The kernel compares and stores the addresses; only hosts read them.</summary>
/// <param name="Id">Its id.</param>
/// <param name="PeerAddress">Where other members reach it; empty in an ensemble of one.</param>
/// <param name="ClientAddress">Where clients reach it; empty if that is not known.</param>
internal sealed record Member(ServerId Id, string PeerAddress = "", string ClientAddress = "");

/// <summary>
/// Who belongs to the ensemble: voters, who elect and commit, and observers, who only follow. A value that never changes.
/// </summary>
/// <remarks>
/// Both lists ascend by id and no id comes twice, so that equal memberships have equal bytes wherever they were put together. An empty one
/// is that of a member which was never told of any ensemble.
/// <para>Encoded, little-endian: format (1 byte), number of voters, number of observers (1 byte each), then the members, voters first:
/// id (1 byte), peer address and client address (each 2 bytes of length, then UTF-8).</para>
/// </remarks>
internal sealed class Membership : IEquatable<Membership>
{
    /// <summary>The longest encoding; it has to fit a superblock beside other things.</summary>
    public const int BytesMax = 3072;

    private const byte Format = 1;
    private const int HeaderLength = 3;

    private readonly Member[] _voters;
    private readonly Member[] _observers;

    /// <summary>The membership with some voters and observers, given in any order.</summary>
    public Membership(ReadOnlySpan<Member> voters, ReadOnlySpan<Member> observers)
    {
        Invariant.Holds(voters.Length <= Quorum.VotersMax);
        Invariant.Holds(observers.Length <= byte.MaxValue);
        _voters = Ascending(voters);
        _observers = Ascending(observers);
        Invariant.Holds(AreDistinct(_voters, _observers));
        Invariant.Holds(EncodedLength <= BytesMax);
    }

    /// <summary>Nobody.</summary>
    public static Membership Empty { get; } = new([], []);

    /// <summary>An ensemble of one, which nobody else needs to find.</summary>
    public static Membership Of(ServerId only) => new([new Member(only)], []);

    /// <summary>Who elects and commits, ascending by id.</summary>
    public IReadOnlyList<Member> Voters => _voters;

    /// <summary>Who follows without a vote, ascending by id.</summary>
    public IReadOnlyList<Member> Observers => _observers;

    /// <summary>Whether a server is the only voter: then it is a majority by itself.</summary>
    public bool IsSoleVoter(ServerId id) => _voters.Length == 1 && IsVoter(id);

    /// <summary>Whether a server has a vote.</summary>
    public bool IsVoter(ServerId id) => Find(_voters, id) is not null;

    /// <summary>The member with an id, or null.</summary>
    public Member? Find(ServerId id) => Find(_voters, id) ?? Find(_observers, id);

    /// <summary>The encoding.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[EncodedLength];
        (bytes[0], bytes[1], bytes[2]) = (Format, (byte)_voters.Length, (byte)_observers.Length);
        var rest = bytes.AsSpan(HeaderLength);
        foreach (var member in (ReadOnlySpan<Member>)[.. _voters, .. _observers])
        {
            rest[0] = member.Id.Value;
            rest = rest[1..];
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
        if (bytes.Length is < HeaderLength or > BytesMax || bytes[0] != Format || bytes[1] > Quorum.VotersMax)
            return false;
        var (voters, observers) = (new Member[bytes[1]], new Member[bytes[2]]);
        var rest = bytes[HeaderLength..];
        if (!TryDecode(ref rest, voters) || !TryDecode(ref rest, observers) || !rest.IsEmpty || !AreDistinct(voters, observers))
            return false;
        membership = new(voters, observers);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(Membership? other) =>
        other is not null && _voters.AsSpan().SequenceEqual(other._voters) && _observers.AsSpan().SequenceEqual(other._observers);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Membership);

    /// <summary>A hash of the members' ids; the same in every process.</summary>
    public override int GetHashCode()
    {
        ulong ids = (ulong)_voters.Length;
        foreach (var voter in _voters)
            ids = Mix.Bits(ids + voter.Id.Value);
        foreach (var observer in _observers)
            ids = Mix.Bits(ids + observer.Id.Value);
        return (int)ids;
    }

    /// <summary>The ids, observers in brackets: 1 2 3 (4).</summary>
    public override string ToString()
    {
        var ids = new StringBuilder();
        foreach (var voter in _voters)
            ids.Append(ids.Length > 0 ? " " : "").Append(voter.Id);
        foreach (var observer in _observers)
            ids.Append(ids.Length > 0 ? " (" : "(").Append(observer.Id).Append(')');
        return ids.ToString();
    }

    private static Member[] Ascending(ReadOnlySpan<Member> members)
    {
        var ascending = members.ToArray();
        Array.Sort(ascending, static (a, b) => a.Id.Value.CompareTo(b.Id.Value));
        return ascending;
    }

    private static bool AreDistinct(ReadOnlySpan<Member> voters, ReadOnlySpan<Member> observers)
    {
        Span<bool> seen = stackalloc bool[byte.MaxValue + 1];
        foreach (var member in (ReadOnlySpan<Member>)[.. voters, .. observers])
        {
            if (seen[member.Id.Value])
                return false;
            seen[member.Id.Value] = true;
        }
        return !seen[0];
    }

    private static Member? Find(Member[] members, ServerId id)
    {
        foreach (var member in members)
            if (member.Id == id)
                return member;
        return null;
    }

    private int EncodedLength
    {
        get
        {
            var length = HeaderLength;
            foreach (var member in (ReadOnlySpan<Member>)[.. _voters, .. _observers])
                length += 1 + AddressLength(member.PeerAddress) + AddressLength(member.ClientAddress);
            return length;
        }
    }

    private static int AddressLength(string address) => sizeof(ushort) + Encoding.UTF8.GetByteCount(address);

    private static void Encode(ref Span<byte> rest, string address)
    {
        var length = Encoding.UTF8.GetBytes(address, rest[sizeof(ushort)..]);
        BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)length);
        rest = rest[(sizeof(ushort) + length)..];
    }

    /// <summary>Decodes members, who must ascend by id: there is one encoding for each membership.</summary>
    private static bool TryDecode(ref ReadOnlySpan<byte> rest, Member[] members)
    {
        var previous = 0;
        for (var i = 0; i < members.Length; i++)
        {
            if (rest.IsEmpty || rest[0] <= previous)
                return false;
            previous = rest[0];
            rest = rest[1..];
            if (!TryDecode(ref rest, out var peer) || !TryDecode(ref rest, out var client))
                return false;
            members[i] = new(new((byte)previous), peer, client);
        }
        return true;
    }

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
