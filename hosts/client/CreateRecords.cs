using System.Text;

namespace Quorate.Client;

/// <summary>The records of the three creates.</summary>
internal static class CreateRecords
{
    /// <summary>Which of the requests makes a znode of a kind.</summary>
    /// <exception cref="ArgumentException">A time to live does not go with the kind.</exception>
    public static OpCode OperationOf(ZnodeKind kind, TimeSpan? timeToLive)
    {
        var lives = kind is ZnodeKind.PersistentTtl or ZnodeKind.PersistentSequentialTtl;
        if (lives != timeToLive.HasValue)
            throw new ArgumentException($"A znode of kind {kind} {(lives ? "needs a" : "has no")} time to live.", nameof(timeToLive));
        if (timeToLive is { TotalMilliseconds: < 1 })
            throw new ArgumentException("A time to live is at least a millisecond.", nameof(timeToLive));
        return kind == ZnodeKind.Container ? OpCode.CreateContainer : lives ? OpCode.CreateTtl : OpCode.Create2;
    }

    public static void Write(
        JuteWriter writer, string chroot, string path, ReadOnlySpan<byte> data, ZnodeKind kind, IReadOnlyList<AclRule>? acl,
        TimeSpan? timeToLive)
    {
        ZnodePath.Write(writer, chroot, path);
        writer.Buffer(data);
        if (acl is null)
            writer.Raw(AclList.Open);
        else
            WriteAcl(writer, acl);
        writer.Int((int)kind);
        if (timeToLive is { } life)
            writer.Long((long)life.TotalMilliseconds);
    }

    public static void WriteAcl(JuteWriter writer, IReadOnlyList<AclRule> acl)
    {
        writer.Int(acl.Count);
        foreach (var rule in acl)
        {
            if (rule.Scheme is null || rule.Id is null)
                throw new ArgumentException(
                    "An AclRule has no scheme or no id; AclRule.Open, ReadOnly and Creator are whole ones.", nameof(acl));
            writer.Int((int)rule.Permissions);
            writer.Buffer(Encoding.UTF8.GetBytes(rule.Scheme));
            writer.Buffer(Encoding.UTF8.GetBytes(rule.Id));
        }
    }
}
