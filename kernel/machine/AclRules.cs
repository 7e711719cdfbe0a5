using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>What a client may set as an access control list, and what becomes of it. Semantics reference §11.1.</summary>
/// <remarks>
/// Equal entries are kept once, at their first place. An auth entry stands for whoever sends it: it becomes one entry for each identity
/// that was proven, the address a connection comes from and super not being of that kind. Whatever else is stored as it came, permission
/// bits included, once its scheme has accepted the form of its id.
/// </remarks>
internal static class AclRules
{
    /// <summary>Bytes of a stored list; auth entries that would expand beyond are refused. Changes outcomes, so it is a constant.</summary>
    public const int BytesMax = 1 << 20;

    /// <summary>Up to this many entries are compared without allocating.</summary>
    private const int CountOnStack = 64;

    /// <summary>Appends the list as it is to be stored, its count first, or nothing but the error.</summary>
    /// <param name="given">The list a client sent.</param>
    /// <param name="identities">What the client has proven, as encoded by <see cref="Identities"/>.</param>
    /// <param name="rules">Whether x509 entries are accepted.</param>
    /// <param name="into">Gets the list.</param>
    /// <returns><see cref="ErrorCode.Ok"/> or <see cref="ErrorCode.InvalidAcl"/>.</returns>
    public static ErrorCode Fix(AclList given, ReadOnlySpan<byte> identities, Rules rules, JuteWriter into)
    {
        var start = into.Position;
        if (given.Count > 0 && TryStore(given, identities, rules, into))
            return ErrorCode.Ok;
        into.Arena.CutTo(start);
        return ErrorCode.InvalidAcl;
    }

    private static bool TryStore(AclList given, ReadOnlySpan<byte> identities, Rules rules, JuteWriter into)
    {
        var gap = into.Gap();
        var stored = 0;
        var tableLength = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)given.Count * 2);
        Span<int> table = given.Count <= CountOnStack ? stackalloc int[2 * CountOnStack] : new int[tableLength];
        table.Clear();
        var seen = new Seen(given.Bytes, table[..tableLength]);
        var reader = new JuteReader(given.Bytes);
        reader.Int();
        for (var i = 0; i < given.Count; i++)
        {
            var offset = reader.Position;
            var entry = AclEntry.Read(ref reader);
            if (!seen.TryAdd(offset, reader.Position))
                continue;
            var added = Store(entry, identities, rules, into);
            if (added == 0 || into.Position - gap > BytesMax)
                return false;
            stored += added;
        }
        into.Patch(gap, stored);
        return true;
    }

    /// <summary>Appends what an entry becomes; returns how many entries that are, none meaning that it is not valid.</summary>
    private static int Store(in AclEntry entry, ReadOnlySpan<byte> identities, Rules rules, JuteWriter into)
    {
        if (entry.Scheme.SequenceEqual(Schemes.Auth))
            return Expand(entry, identities, into);
        if (entry.HasNull || !IsValid(entry.Scheme, entry.Id, rules))
            return 0;
        entry.Write(into);
        return 1;
    }

    private static int Expand(in AclEntry entry, ReadOnlySpan<byte> identities, JuteWriter into)
    {
        var count = 0;
        foreach (var identity in new Identities(identities))
        {
            if (identity.Scheme.SequenceEqual(Schemes.Ip) || identity.Scheme.SequenceEqual(Schemes.Super))
                continue;
            new AclEntry { Permissions = entry.Permissions, Scheme = identity.Scheme, Id = identity.Id, HasNull = false }.Write(into);
            count++;
        }
        return count;
    }

    private static bool IsValid(ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> id, Rules rules)
    {
        if (scheme.SequenceEqual(Schemes.World))
            return id.SequenceEqual(Schemes.Anyone);
        if (scheme.SequenceEqual(Schemes.Digest))
            return IsDigest(id);
        if (scheme.SequenceEqual(Schemes.Ip))
            return IpPrefix.TryParse(id, out _);
        return scheme.SequenceEqual(Schemes.X509) && (rules & Rules.X509) != 0 && DistinguishedName.IsValid(id);
    }

    /// <summary>One colon with something behind it, colons at the very end not counted; the hash is not looked at.</summary>
    private static bool IsDigest(ReadOnlySpan<byte> id)
    {
        id = id.TrimEnd((byte)':');
        return id.Count((byte)':') == 1;
    }

    /// <summary>
    /// Which entries of a list have been met: a table over their offsets. Its key is taken from the whole list, so that nobody can prepare
    /// a list of many entries that all fall into one place and keep the server comparing them.
    /// </summary>
    private readonly ref struct Seen(ReadOnlySpan<byte> list, Span<int> table)
    {
        private readonly ReadOnlySpan<byte> _list = list;
        private readonly Span<int> _table = table;
        private readonly ulong _key = Mix.Bytes(list, 0x9E6C63D0876A9A35);

        /// <summary>False when an equal entry was there already. Offset 0 holds the count, so it marks an empty place.</summary>
        public bool TryAdd(int offset, int end)
        {
            var entry = _list[offset..end];
            for (var place = (int)Mix.Bytes(entry, _key); ; place++)
            {
                ref var met = ref _table[place & (_table.Length - 1)];
                if (met != 0 && !_list[met..].StartsWith(entry))
                    continue;
                var isNew = met == 0;
                met = isNew ? offset : met;
                return isNew;
            }
        }
    }
}
