using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Simulation.Histories;

/// <summary>
/// Turns the record of a request into a <see cref="Request"/>, whether it was tapped from a connection or stands in the log.
/// </summary>
internal static class RequestReader
{
    /// <summary>Reads a record; what the protocol calls malformed, null paths included, becomes <see cref="Request.Malformed"/>.</summary>
    public static Request Read(OpCode op, ReadOnlySpan<byte> record)
    {
        var reader = new JuteReader(record);
        var request = Read(op, ref reader);
        return reader.Failed ? new Request.Malformed(op) : request;
    }

    /// <summary>Reads a list of access as it stands on the wire. The one that nearly all have is shared.</summary>
    public static Acl? Read(AclList list)
    {
        if (list.IsNull)
            return null;
        if (list.Count == 1 && IsOpen(list))
            return Acl.Open;
        var items = new List<AclItem>(list.Count);
        foreach (var entry in list)
            items.Add(new(entry.Permissions, Text(entry.Scheme), entry.HasNull ? null : Text(entry.Id)));
        return new(items);
    }

    private static bool IsOpen(AclList list)
    {
        foreach (var entry in list)
            if (entry.Permissions != Permissions.All || entry.HasNull || !entry.Scheme.SequenceEqual("world"u8)
                || !entry.Id.SequenceEqual("anyone"u8))
                return false;
        return true;
    }

    /// <summary>Text as clients mean it.</summary>
    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private static Request Read(OpCode op, scoped ref JuteReader reader) => op switch
    {
        OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl => Create(op, ref reader),
        OpCode.SetData => SetData(ref reader),
        OpCode.SetAcl => SetAcl(ref reader),
        OpCode.Delete or OpCode.Check or OpCode.RemoveWatches or OpCode.CheckWatches or OpCode.AddWatch => PathAndNumber(op, ref reader),
        OpCode.DeleteContainer => new Request.DeleteContainer(Text(reader.NonNull())),
        OpCode.Exists or OpCode.GetData or OpCode.GetChildren or OpCode.GetChildren2 =>
            new Request.Read(op, Text(reader.NonNull()), reader.Bool()),
        OpCode.GetAcl or OpCode.GetAllChildrenNumber => new Request.Read(op, Text(reader.NonNull())),
        OpCode.GetEphemerals => new Request.Read(op, Text(reader.Buffer(out _))),
        OpCode.Sync => new Request.Sync(Text(reader.Buffer(out _))),
        OpCode.Multi => new Request.Multi(Parts(op, ref reader)),
        OpCode.MultiRead => new Request.MultiRead([.. Parts(op, ref reader).OfType<Request.Read>()]),
        OpCode.SetWatches or OpCode.SetWatches2 => SetWatches(op, ref reader),
        OpCode.Auth => Auth(ref reader),
        OpCode.Reconfig => Reconfig(ref reader),
        _ => new Request.Plain(op),
    };

    private static Request.Create Create(OpCode op, scoped ref JuteReader reader)
    {
        var create = CreateRequest.Read(ref reader, op);
        if (create.PathIsNull)
            reader.Fail();
        return new(op, Text(create.Path), Bytes(create.Data, create.DataIsNull), Read(create.Acl), create.Flags, create.Ttl);
    }

    private static Request.SetData SetData(scoped ref JuteReader reader)
    {
        var set = SetDataRequest.Read(ref reader);
        return new(Text(set.Path), Bytes(set.Data, set.DataIsNull), set.Version);
    }

    private static Request.SetAcl SetAcl(scoped ref JuteReader reader)
    {
        var set = SetAclRequest.Read(ref reader);
        return new(Text(set.Path), Read(set.Acl), set.Version);
    }

    private static Request PathAndNumber(OpCode op, scoped ref JuteReader reader)
    {
        var request = PathIntRequest.Read(ref reader);
        if (op == OpCode.Delete && request.PathIsNull)
            reader.Fail();
        var path = Text(request.Path);
        return op switch
        {
            OpCode.Delete => new Request.Delete(path, request.Value),
            OpCode.Check => new Request.Check(path, request.Value),
            OpCode.AddWatch => new Request.AddWatch(path, request.Value == 1),
            _ => new Request.Watches(op, path, request.Value),
        };
    }

    /// <summary>The operations of a multi or multiRead. One of the wrong kind, or a null path, fails the whole.</summary>
    private static List<Request> Parts(OpCode whole, scoped ref JuteReader reader)
    {
        var parts = new List<Request>();
        for (var header = MultiHeader.Read(ref reader); !header.Done && !reader.Failed; header = MultiHeader.Read(ref reader))
        {
            var fits = whole == OpCode.MultiRead
                ? header.Op is OpCode.GetData or OpCode.GetChildren
                : header.Op is OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl or OpCode.Delete or OpCode.SetData
                    or OpCode.Check;
            var start = reader.Rest;
            if (!fits || (start.Length >= sizeof(int) && new JuteReader(start).Int() == -1))
                reader.Fail();
            else
                parts.Add(Read(header.Op, ref reader));
        }
        return parts;
    }

    private static Request.SetWatches SetWatches(OpCode op, scoped ref JuteReader reader)
    {
        var set = SetWatchesRequest.Read(ref reader, op);
        return new(op, set.RelativeZxid, Paths(set.Data), Paths(set.Exist), Paths(set.Child), Paths(set.Persistent),
            Paths(set.Recursive));
    }

    private static List<string> Paths(PathList list)
    {
        var paths = new List<string>(list.Count);
        foreach (var path in list)
            paths.Add(Text(path));
        return paths;
    }

    private static Request.Auth Auth(scoped ref JuteReader reader)
    {
        var auth = AuthRequest.Read(ref reader);
        return new(Text(auth.Scheme), auth.Credentials.ToArray());
    }

    private static Request.Reconfig Reconfig(scoped ref JuteReader reader)
    {
        var request = ReconfigRequest.Read(ref reader);
        return new(Text(request.Joining), Text(request.Leaving), Text(request.Members), request.Version);
    }

    private static byte[]? Bytes(ReadOnlySpan<byte> bytes, bool isNull) => isNull ? null : bytes.ToArray();
}
