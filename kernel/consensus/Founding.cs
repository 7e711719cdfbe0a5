using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>What a member that belongs to no ensemble says of its disk.</summary>
/// <param name="Image">The position of the state from which the ensemble is to be founded, restored or imported; the start if there is none.</param>
/// <param name="HoldsIt">Whether that state lies on its own disk. If not, the member has promised to wait for it.</param>
internal readonly record struct FoundingWord(LogPosition Image, bool HoldsIt)
{
    /// <summary>The length of a word that says something, in bytes.</summary>
    public const int Length = 21;

    /// <summary>The disk is empty, and nobody has said otherwise of his own.</summary>
    public static FoundingWord Empty => default;

    /// <summary>Writes the word as the body of a greeting; that of an empty disk has none.</summary>
    public ReadOnlySpan<byte> Write(Span<byte> into)
    {
        if (this == Empty)
            return [];
        var fields = new FieldWriter(into);
        fields.Byte(HoldsIt ? (byte)1 : (byte)0);
        fields.Position(Image);
        return into[..fields.Length];
    }

    /// <summary>Reads the body of a greeting; false when it is none of a member without an ensemble.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out FoundingWord word)
    {
        word = Empty;
        if (body.Length == Length)
        {
            var fields = new FieldReader(body);
            var holdsIt = fields.Byte() == 1;
            word = new(fields.Position(), holdsIt);
        }
        return body.Length is 0 or Length;
    }
}

/// <summary>
/// Finding an ensemble together: members whose disks are empty found one when every member that is configured has said that it is empty too
/// (A14). A single one that belongs elsewhere, or is silent, is enough to wait: what it holds may be all that is left.
/// </summary>
/// <remarks>
/// The birth is durable before it is spoken of, so a member that says "empty" and starts again is still the one that said so. All compute
/// the same ensemble id from the same births. Who missed somebody's word adopts the ensemble from the first member of it that knows this
/// birth; who comes with another birth was wiped, and has to be taken in by a change of membership.
/// <para>
/// A member may hold an image: a state to begin with, restored from a backup. Were the others simply empty, two of them could elect one of
/// themselves and the image would be gone without a word. So each first promises, durably, to wait for that very image, by which it is
/// convalescent (A8): it votes as if the image were its log, and does not stand before it has it. The ensemble is founded when all have said
/// so. A promise is never taken back, since somebody may have founded upon it. Several may hold the same image; different ones are refused.
/// </para>
/// </remarks>
internal sealed class Founding(IReadOnlyList<EnsembleMember> configured, ServerId self, ulong birth)
{
    private readonly ulong[] _births = new ulong[byte.MaxValue + 1];
    private readonly FoundingWord[] _words = new FoundingWord[byte.MaxValue + 1];

    /// <summary>The longest greeting of a member that belongs to no ensemble.</summary>
    public const int GreetingBytesMost = 1 + 2 * byte.MaxValue + FoundingWord.Length;

    private readonly byte[] _roster = RosterOf(configured);

    /// <summary>What this member has said durably.</summary>
    public FoundingWord Own { get; set; }

    /// <summary>A configured member says under which birth it stands, and with what.</summary>
    public void Says(ServerId member, ulong itsBirth, in FoundingWord word) => (_births[member.Value], _words[member.Value]) = (itsBirth, word);

    /// <summary>Whether everybody has spoken, all of the same image or of none, and somebody holds it.</summary>
    public bool IsUnanimous
    {
        get
        {
            var isHeld = Own.HoldsIt || Own.Image == LogPosition.Start;
            foreach (var member in configured)
            {
                if (BirthOf(member.Id) == 0 || WordOf(member.Id).Image != Own.Image)
                    return false;
                isHeld |= WordOf(member.Id).HoldsIt;
            }
            return isHeld;
        }
    }

    /// <summary>The ids of those who have not spoken yet.</summary>
    public string Missing
    {
        get
        {
            var ids = "";
            foreach (var member in configured)
                if (BirthOf(member.Id) == 0)
                    ids += (ids.Length > 0 ? ", " : "") + member.Id;
            return ids;
        }
    }

    /// <summary>The membership that is founded.</summary>
    public Membership Membership
    {
        get
        {
            Invariant.Holds(IsUnanimous);
            var (voters, observers) = (new List<Member>(), new List<Member>());
            foreach (var member in configured)
                (member.IsObserver ? observers : voters).Add(new(member.Id, member.PeerAddress, member.ClientAddress, BirthOf(member.Id)));
            return new(voters.ToArray(), observers.ToArray());
        }
    }

    /// <summary>The id of the ensemble that is founded: the same wherever it is computed, and of no other ensemble.</summary>
    public static ulong IdOf(Membership membership)
    {
        var id = 0UL;
        foreach (var member in membership.Members)
            id = Mix.Bits(id ^ Mix.Bits(member.Birth + member.Id.Value));
        return id == 0 ? 1 : id;
    }

    /// <summary>
    /// What this member says as long as it belongs to no ensemble: how many members are configured (1 byte), each with its part (id, then 1 with
    /// and 2 without a vote; ascending), and its word.
    /// </summary>
    public ReadOnlySpan<byte> Greeting(Span<byte> into)
    {
        into[0] = (byte)(_roster.Length / 2);
        _roster.CopyTo(into[1..]);
        var word = Own.Write(into[(1 + _roster.Length)..]);
        return into[..(1 + _roster.Length + word.Length)];
    }

    /// <summary>Reads another member's <see cref="Greeting"/>; false when it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> roster, out FoundingWord word)
    {
        roster = [];
        word = FoundingWord.Empty;
        if (body.IsEmpty || body.Length < 1 + 2 * body[0])
            return false;
        roster = body.Slice(1, 2 * body[0]);
        return FoundingWord.TryRead(body[(1 + roster.Length)..], out word);
    }

    /// <summary>Whether another one is configured with the same members. If not it means another ensemble, even if this member is in it.</summary>
    public bool Agrees(ReadOnlySpan<byte> roster) => roster.SequenceEqual(_roster);

    private static byte[] RosterOf(IReadOnlyList<EnsembleMember> configured)
    {
        Span<byte> parts = stackalloc byte[byte.MaxValue + 1];
        parts.Clear();
        foreach (var member in configured)
            parts[member.Id.Value] = member.IsObserver ? (byte)2 : (byte)1;
        var roster = new List<byte>();
        for (var id = 1; id < parts.Length; id++)
            if (parts[id] != 0)
            {
                roster.Add((byte)id);
                roster.Add(parts[id]);
            }
        return roster.ToArray();
    }

    private ulong BirthOf(ServerId member) => member == self ? birth : _births[member.Value];

    private FoundingWord WordOf(ServerId member) => member == self ? Own : _words[member.Value];
}
