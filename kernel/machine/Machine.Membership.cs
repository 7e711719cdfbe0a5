using System.Buffers.Binary;
using System.Buffers.Text;
using Quorate.Kernel.Trees;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>Who belongs to the ensemble, as part of the state: the membership for snapshots, and /zookeeper/config for clients.</summary>
/// <remarks>
/// Consensus follows a membership as soon as it is appended; here it arrives when it is committed. What it says is the leader's decision
/// (<see cref="Ruling"/>): the machine only writes it down.
/// </remarks>
internal sealed partial class Machine
{
    private const int MembershipHeader = 1 + sizeof(long) + sizeof(ulong);

    private static ReadOnlySpan<byte> VersionKey => "version="u8;

    private readonly Arena _configText = new(256);
    private ulong _ensemble;
    private byte[] _membership = [];
    private Digest _membershipDigest;

    /// <summary>Whether the log has put a membership in force, of whichever ensemble this state has come from.</summary>
    public bool HasMembership => _membership.Length > 0;

    /// <summary>The membership that the log has put in force in an ensemble, encoded; empty as long as it has not.</summary>
    public ReadOnlySpan<byte> MembershipIn(ulong ensemble) => _ensemble == ensemble ? _membership : [];

    /// <summary>The version of the configuration: the zxid of the reconfig that made it.</summary>
    public Zxid ConfigVersion { get; private set; }

    /// <summary>Whether a session's write would have its turn if it were applied next.</summary>
    public bool HasTurn(in Command command)
    {
        var row = Sessions.Find(command.Session);
        return row != Sessions.None && Sessions[row].Attachment == command.Attachment && Sessions[row].NextSequence == command.Sequence;
    }

    /// <summary>Whether a connection's identities may change the configuration.</summary>
    public bool MayReconfigure(ReadOnlySpan<byte> identities, bool skipAcl)
    {
        var slot = Tree.Find(SystemNodes.Config);
        return slot != Tree.None && Access.Allows(Tree.Acls[Tree.AclOf(slot)], Permissions.Write, identities, skipAcl);
    }

    private Outcome SetMembership(WallTime time, in Command command, Changes changes)
    {
        var decided = Ruling.Read(command.Ruling);
        if (decided.Publishes)
            Publish(decided.Text, Zxid, time, changes);
        KeepMembership(ConfigVersion, decided.Ensemble, decided.Membership);
        return new(Verdict.Applied, ErrorCode.Ok, Zxid.Zero, SessionId.None, 0, default);
    }

    /// <summary>The reply is held back by the servers until the change is complete (B9); what it says is of now.</summary>
    private ErrorCode Reconfigure(in Asker asker, ReadOnlySpan<byte> ruling, Changes changes, JuteWriter reply)
    {
        if (ruling.IsEmpty)
            return ErrorCode.Unimplemented;
        var decided = Ruling.Read(ruling);
        if (decided.Error != ErrorCode.Ok)
            return decided.Error;
        var slot = Publish(decided.Text, asker.Zxid, asker.Time, changes);
        Invariant.Holds(slot != Tree.None);   // the leader had looked
        KeepMembership(ConfigVersion, decided.Ensemble, decided.Membership);
        reply.Buffer(Tree.DataOf(slot, out _));
        Tree.StatOf(slot).Write(reply);
        return ErrorCode.Ok;
    }

    private int Publish(ReadOnlySpan<byte> lines, Zxid version, WallTime time, Changes changes)
    {
        ConfigVersion = version;
        var slot = Tree.Find(SystemNodes.Config);
        if (slot == Tree.None)
            return slot;   // imported from a server that had none
        _configText.Clear();
        _configText.Append(lines);
        _configText.Append(VersionKey);
        Span<byte> hex = stackalloc byte[16];
        Invariant.Holds(Utf8Formatter.TryFormat(version.Value, hex, out var digits, new('x')));
        _configText.Append(hex[..digits]);
        Tree.Publish(slot, _configText.Written, version, time.Milliseconds);
        changes.Add(ChangeKind.DataSet, SystemNodes.Config, Tree.AclOf(slot), AclTable.OpenToAll);
        return slot;
    }

    private void KeepMembership(Zxid version, ulong ensemble, ReadOnlySpan<byte> membership)
    {
        (ConfigVersion, _ensemble, _membership) = (version, ensemble, membership.ToArray());
        Span<byte> digested = stackalloc byte[sizeof(long) + sizeof(ulong)];
        BinaryPrimitives.WriteInt64LittleEndian(digested, version.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(digested[sizeof(long)..], ensemble);
        _membershipDigest = Digest.Of(_membership, salt: 0x3E3B) + Digest.Of(digested, salt: 0x3E3C);
    }

    private void WriteMembership(Span<byte> record)
    {
        record[0] = MembershipTag;
        BinaryPrimitives.WriteInt64LittleEndian(record[1..], ConfigVersion.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(record[9..], _ensemble);
        _membership.CopyTo(record[MembershipHeader..]);
    }

    private void ReadMembership(ReadOnlySpan<byte> record) => KeepMembership(
        new(BinaryPrimitives.ReadInt64LittleEndian(record[1..])), BinaryPrimitives.ReadUInt64LittleEndian(record[9..]), record[MembershipHeader..]);
}
