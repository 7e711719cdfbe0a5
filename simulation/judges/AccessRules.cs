using System.Security.Cryptography;
using System.Text;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>Someone's proven identity.</summary>
internal readonly record struct Proof(string Scheme, string Id);

/// <summary>Lists of access: what is stored of them, and whom they let through. Semantics reference §11.</summary>
internal static class AccessRules
{
    public static readonly Proof[] Nobody = [];

    /// <summary>The list as it is stored, or null when it is not valid.</summary>
    public static Acl? Stored(Acl? given, IReadOnlyList<Proof> proofs, Rules rules)
    {
        if (given is null || given.Items.Count == 0)
            return null;
        if (given == Acl.Open)
            return Acl.Open;
        var stored = new List<AclItem>();
        foreach (var item in given.Items.Distinct())
        {
            if (item.Scheme == "auth")
            {
                var own = proofs.Where(proof => proof.Scheme is not ("ip" or "super")).ToList();
                if (own.Count == 0)
                    return null;
                stored.AddRange(own.Select(proof => item with { Scheme = proof.Scheme, Id = proof.Id }));
            }
            else if (IsValid(item, rules))
                stored.Add(item);
            else
                return null;
        }
        return new(stored);
    }

    /// <summary>Whether one of the permissions is granted.</summary>
    public static bool Allows(Acl acl, Permissions any, IReadOnlyList<Proof> proofs, bool skip = false) =>
        skip || ReferenceEquals(acl, Acl.Open) || acl.Items.Count == 0 || proofs.Any(proof => proof.Scheme == "super")
        || acl.Items.Any(item => (item.Permissions & any) != 0 && Matches(item, proofs));

    /// <summary>The list as it is shown to who may read but not administer.</summary>
    public static Acl Masked(Acl acl) => new(
        [.. acl.Items.Select(item => item.Scheme == "digest" ? item with { Id = item.Id!.Split(':')[0] + ":x" } : item)]);

    /// <summary>What an auth packet of the scheme digest proves.</summary>
    public static Proof Digest(ReadOnlySpan<byte> credentials)
    {
        var colon = credentials.IndexOf((byte)':');
        var user = Encoding.UTF8.GetString(colon < 0 ? credentials : credentials[..colon]);
#pragma warning disable CA5350 // The protocol's own hash.
        return new("digest", $"{user}:{Convert.ToBase64String(SHA1.HashData(credentials))}");
#pragma warning restore CA5350
    }

    private static bool IsValid(AclItem item, Rules rules) => item.Id is not null && item.Scheme switch
    {
        "world" => item.Id == "anyone",
        "digest" => item.Id.TrimEnd(':').Count(unit => unit == ':') == 1,
        "ip" => IpPrefix.TryParse(Encoding.UTF8.GetBytes(item.Id), out _),
        "x509" => (rules & Rules.X509) != 0 && DistinguishedName.IsValid(Encoding.UTF8.GetBytes(item.Id)),
        _ => false,
    };

    private static bool Matches(AclItem item, IReadOnlyList<Proof> proofs) => item.Scheme switch
    {
        "world" => item.Id == "anyone",
        "ip" => proofs.Any(proof => proof.Scheme == "ip" && IsWithin(item.Id!, proof.Id)),
        _ => proofs.Contains(new Proof(item.Scheme, item.Id!)),
    };

    private static bool IsWithin(string prefix, string address) =>
        IpPrefix.TryParse(Encoding.UTF8.GetBytes(prefix), out var network) && IpAddress.TryParse(Encoding.UTF8.GetBytes(address), out var ip)
        && network.Contains(ip);
}
