using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>Whether a connection's identities may do something to a znode. Semantics reference §11.2.</summary>
/// <remarks>
/// A pure function of the list and of what the connection had proven, both of which are in the log, so that every member judges alike.
/// Any one matching entry suffices; there are no denials. Who is super passes everywhere.
/// </remarks>
internal static class Access
{
    /// <summary>Whether an entry of the list grants any of the permissions asked for.</summary>
    /// <param name="list">The znode's list; a null or empty one permits everything.</param>
    /// <param name="any">The permissions of which one suffices: getACL asks for READ or ADMIN.</param>
    /// <param name="identities">What the connection has proven, as encoded by <see cref="Identities"/>.</param>
    /// <param name="skip">Lists are not looked at (skipACL).</param>
    public static bool Allows(AclList list, Permissions any, ReadOnlySpan<byte> identities, bool skip)
    {
        if (skip || list.Count == 0)
            return true;
        foreach (var entry in list)
            if ((entry.Permissions & any) != 0 && (IsAnyone(entry) || Matches(entry, identities)))
                return true;
        return IsSuper(identities);
    }

    /// <summary>Whether the connection has an identity to which lists do not apply.</summary>
    public static bool IsSuper(ReadOnlySpan<byte> identities) => new Identities(identities).HasScheme(Schemes.Super);

    private static bool IsAnyone(in AclEntry entry) => entry.Scheme.SequenceEqual(Schemes.World) && entry.Id.SequenceEqual(Schemes.Anyone);

    private static bool Matches(in AclEntry entry, ReadOnlySpan<byte> identities)
    {
        if (entry.Scheme.SequenceEqual(Schemes.Ip))
            return MatchesAddress(entry.Id, identities);
        return new Identities(identities).Contains(entry.Scheme, entry.Id);
    }

    private static bool MatchesAddress(ReadOnlySpan<byte> id, ReadOnlySpan<byte> identities)
    {
        if (!IpPrefix.TryParse(id, out var prefix))
            return false;
        foreach (var identity in new Identities(identities))
            if (identity.Scheme.SequenceEqual(Schemes.Ip) && IpAddress.TryParse(WithoutZone(identity.Id), out var address)
                && prefix.Contains(address))
                return true;
        return false;
    }

    /// <summary>A link-local client comes from fe80::1%eth0; which of our links that is, is not for a list to say.</summary>
    private static ReadOnlySpan<byte> WithoutZone(ReadOnlySpan<byte> address)
    {
        var zone = address.IndexOf((byte)'%');
        return zone < 0 ? address : address[..zone];
    }
}
