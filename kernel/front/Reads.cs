using Quorate.Kernel.Machines;
using Quorate.Kernel.Trees;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>The watch that a read sets once it is answered.</summary>
internal enum Arming : byte
{
    None,
    Data,
    Child,
}

/// <summary>
/// The answers to reads as a function of the machine's state and the request, and of nothing else: any thread may compute them while the
/// state is frozen. Protocol reference §7, order of errors: semantics reference §9.
/// </summary>
internal sealed class Reads(Machine machine, Settings settings)
{
    private const int ErrorOffset = sizeof(int) + ReplyHeader.Length - sizeof(int);

    /// <summary>Appends the whole reply frame.</summary>
    /// <returns>The watch to set when the reply has left.</returns>
    public Arming Answer(Connection connection, int xid, OpCode op, ReadOnlySpan<byte> record, JuteWriter writer)
    {
        if (op == OpCode.MultiRead)
        {
            AnswerMulti(connection, xid, record, writer);
            return Arming.None;
        }
        var start = writer.BeginFrame();
        ReplyHeader.Write(writer, xid, machine.Zxid, ErrorCode.Ok);
        var arming = Arming.None;
        var reader = new JuteReader(record);
        var error = op switch
        {
            OpCode.Exists => Exists(ref reader, writer, ref arming),
            OpCode.GetData => GetData(connection, ref reader, writer, ref arming),
            OpCode.GetChildren or OpCode.GetChildren2 => GetChildren(connection, op, ref reader, writer, ref arming),
            OpCode.GetAcl => GetAcl(connection, ref reader, writer),
            OpCode.GetAllChildrenNumber => GetAllChildrenNumber(connection, ref reader, writer),
            OpCode.GetEphemerals => GetEphemerals(connection, ref reader, writer),
            OpCode.WhoAmI => WhoAmI(connection, writer),
            OpCode.Reconfig => RefuseReconfig(ref reader),
            OpCode.Sync => ErrorCode.MarshallingError,   // a sync that can be decoded is no read
            _ => ErrorCode.Unimplemented,
        };
        if (error == ErrorCode.Ok)
        {
            writer.EndFrame(start);
            return arming;
        }
        writer.Arena.CutTo(start);
        ReplyHeader.WriteFrame(writer, xid, error == ErrorCode.Unimplemented ? new Zxid(-1) : machine.Zxid, error);
        return arming;
    }

    private ErrorCode Exists(ref JuteReader reader, JuteWriter writer, ref Arming arming)
    {
        var request = ReadRequest.Read(ref reader);
        if (reader.Failed || request.PathIsNull)
            return ErrorCode.MarshallingError;
        if (request.Path.Contains((byte)0))
            return ErrorCode.BadArguments;
        arming = request.Watch ? Arming.Data : Arming.None;   // also when there is no such znode
        var slot = machine.Tree.Find(request.Path);
        if (slot == Tree.None)
            return ErrorCode.NoNode;
        machine.Tree.StatOf(slot).Write(writer);
        return ErrorCode.Ok;
    }

    private ErrorCode GetData(Connection connection, ref JuteReader reader, JuteWriter writer, ref Arming arming)
    {
        var request = ReadRequest.Read(ref reader);
        var error = Look(connection, request.Path, reader.Failed || request.PathIsNull, Permissions.Read, out var slot);
        if (error != ErrorCode.Ok)
            return error;
        WriteData(slot, writer);
        arming = request.Watch ? Arming.Data : Arming.None;
        return ErrorCode.Ok;
    }

    private ErrorCode GetChildren(Connection connection, OpCode op, ref JuteReader reader, JuteWriter writer, ref Arming arming)
    {
        var request = ReadRequest.Read(ref reader);
        var error = Look(connection, request.Path, reader.Failed || request.PathIsNull, Permissions.Read, out var slot);
        if (error != ErrorCode.Ok)
            return error;
        WriteChildren(slot, writer);
        if (op == OpCode.GetChildren2)
            machine.Tree.StatOf(slot).Write(writer);
        arming = request.Watch ? Arming.Child : Arming.None;
        return ErrorCode.Ok;
    }

    private ErrorCode GetAcl(Connection connection, ref JuteReader reader, JuteWriter writer)
    {
        var request = PathRequest.Read(ref reader);
        var malformed = reader.Failed || request.PathIsNull;
        var error = Look(connection, request.Path, malformed, Permissions.Read | Permissions.Admin, out var slot);
        if (error != ErrorCode.Ok)
            return error;
        if (MayDo(connection, slot, Permissions.Admin))
            writer.Raw(machine.Tree.Acls[machine.Tree.AclOf(slot)].Bytes);
        else
            WriteMasked(machine.Tree.Acls[machine.Tree.AclOf(slot)], writer);
        machine.Tree.StatOf(slot).Write(writer);
        return ErrorCode.Ok;
    }

    private ErrorCode GetAllChildrenNumber(Connection connection, ref JuteReader reader, JuteWriter writer)
    {
        var request = PathRequest.Read(ref reader);
        var error = Look(connection, request.Path, reader.Failed || request.PathIsNull, Permissions.Read, out var slot);
        if (error == ErrorCode.Ok)
            writer.Int(machine.Tree.DescendantsOf(slot));
        return error;
    }

    private ErrorCode GetEphemerals(Connection connection, ref JuteReader reader, JuteWriter writer)
    {
        var prefix = PathRequest.Read(ref reader).Path;
        if (reader.Failed)
            return ErrorCode.MarshallingError;
        if (IsBlank(prefix))
            prefix = "/"u8;
        var count = 0;
        var gap = writer.Gap();
        var tree = machine.Tree;
        for (var slot = tree.FirstEphemeral(connection.Session); slot != Tree.None; slot = tree.NextEphemeral(slot))
        {
            if (!tree.PathOf(slot).StartsWith(prefix))
                continue;
            writer.Buffer(tree.PathOf(slot));
            count++;
        }
        writer.Patch(gap, count);
        return ErrorCode.Ok;
    }

    private static ErrorCode WhoAmI(Connection connection, JuteWriter writer)
    {
        var count = 0;
        var gap = writer.Gap();
        foreach (var identity in new Identities(connection.Identities))
        {
            writer.Buffer(identity.Scheme);
            EchoedText.Write(writer, identity.Scheme.SequenceEqual(Schemes.Digest) ? UserOf(identity.Id) : identity.Id, isNull: false);
            count++;
        }
        writer.Patch(gap, count);
        return ErrorCode.Ok;
    }

    /// <summary>Only what is malformed, or switched off, is not proposed and comes here.</summary>
    private static ErrorCode RefuseReconfig(ref JuteReader reader)
    {
        ReconfigRequest.Read(ref reader);
        return reader.Failed ? ErrorCode.MarshallingError : ErrorCode.ReconfigDisabled;
    }

    private const int MultiReadBytesMax = 16 << 20;

    private void AnswerMulti(Connection connection, int xid, ReadOnlySpan<byte> record, JuteWriter writer)
    {
        var kind = MultiReads.Classify(record);
        if (kind == MultiReadKind.Malformed)
        {
            ReplyHeader.WriteFrame(writer, xid, machine.Zxid, ErrorCode.MarshallingError);
            return;
        }
        var start = writer.BeginFrame();
        ReplyHeader.Write(writer, xid, machine.Zxid, ErrorCode.Ok);
        if (kind == MultiReadKind.Writes)
            writer.Patch(start + ErrorOffset, (int)ErrorCode.MarshallingError);   // and yet with a body: the terminator
        else
            AnswerEach(connection, record, writer);
        MultiHeader.WriteEnd(writer);
        writer.EndFrame(start);
    }

    /// <summary>
    /// Each operation on its own. One small frame can name a large znode tens of thousands of times: what comes after the bound is an error
    /// of its own operation, so that the memory an answer takes does not depend on what clients think of.
    /// </summary>
    private void AnswerEach(Connection connection, ReadOnlySpan<byte> record, JuteWriter writer)
    {
        var start = writer.Position;
        var reader = new JuteReader(record);
        for (var header = MultiHeader.Read(ref reader); !header.Done; header = MultiHeader.Read(ref reader))
        {
            var path = ReadRequest.Read(ref reader).Path;
            var error = Look(connection, path, malformed: false, Permissions.Read, out var slot);
            if (writer.Position - start > MultiReadBytesMax)
                error = ErrorCode.SystemError;
            if (error != ErrorCode.Ok)
            {
                MultiHeader.WriteError(writer, error);
                continue;
            }
            MultiHeader.Write(writer, header.Op, ErrorCode.Ok);
            if (header.Op == OpCode.GetData)
                WriteData(slot, writer);
            else
                WriteChildren(slot, writer);
        }
    }

    /// <summary>The checks that most reads have in common, in their order.</summary>
    private ErrorCode Look(Connection connection, ReadOnlySpan<byte> path, bool malformed, Permissions any, out int slot)
    {
        slot = Tree.None;
        if (malformed)
            return ErrorCode.MarshallingError;
        slot = machine.Tree.Find(path);
        if (slot == Tree.None)
            return ErrorCode.NoNode;
        return MayDo(connection, slot, any) ? ErrorCode.Ok : ErrorCode.NoAuth;
    }

    private bool MayDo(Connection connection, int slot, Permissions any)
    {
        var acl = machine.Tree.AclOf(slot);
        return acl == AclTable.OpenToAll || Access.Allows(machine.Tree.Acls[acl], any, connection.Identities, settings.SkipAcl);
    }

    private void WriteData(int slot, JuteWriter writer)
    {
        var data = machine.Tree.DataOf(slot, out var isNull);
        writer.Buffer(data, isNull);
        machine.Tree.StatOf(slot).Write(writer);
    }

    private void WriteChildren(int slot, JuteWriter writer)
    {
        var tree = machine.Tree;
        writer.Int(tree.ChildCountOf(slot));
        for (var child = tree.FirstChild(slot); child != Tree.None; child = tree.NextSibling(child))
            writer.Buffer(tree.NameOf(child));
    }

    /// <summary>The list as it is shown to who may read but not administer: the hashes of digest entries are hidden.</summary>
    private static void WriteMasked(AclList list, JuteWriter writer)
    {
        writer.Int(list.Count);
        foreach (var entry in list)
        {
            if (!entry.Scheme.SequenceEqual(Schemes.Digest))
            {
                entry.Write(writer);
                continue;
            }
            var user = UserOf(entry.Id);
            writer.Int((int)entry.Permissions);
            writer.Buffer(entry.Scheme);
            writer.Int(user.Length + ":x"u8.Length);
            writer.Raw(user);
            writer.Raw(":x"u8);
        }
    }

    private static ReadOnlySpan<byte> UserOf(ReadOnlySpan<byte> digestId) =>
        digestId.IndexOf((byte)':') is var colon && colon < 0 ? digestId : digestId[..colon];

    private static bool IsBlank(ReadOnlySpan<byte> text) => text.TrimStart(" \t\n\v\f\r\u001c\u001d\u001e\u001f"u8).IsEmpty;
}
