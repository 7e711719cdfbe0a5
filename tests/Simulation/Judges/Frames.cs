using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Tests.Simulations.Judges;

/// <summary>Writes requests as a client does.</summary>
internal static class Frames
{
    public static byte[] Of(int xid, Request request)
    {
        var arena = new Arena();
        var writer = new JuteWriter(arena);
        var frame = writer.BeginFrame();
        writer.Int(xid);
        writer.Int((int)request.Op);
        Write(writer, request);
        writer.EndFrame(frame);
        return arena.Written.ToArray();
    }

    public static byte[] Connect(Zxid seen, int timeout, SessionId session, byte[] password)
    {
        var arena = new Arena();
        var writer = new JuteWriter(arena);
        var frame = writer.BeginFrame();
        writer.Int(0);
        writer.Long(seen.Value);
        writer.Int(timeout);
        writer.Long(session.Value);
        writer.Buffer(password);
        writer.EndFrame(frame);
        return arena.Written.ToArray();
    }

    private static void Write(JuteWriter writer, Request request)
    {
        switch (request)
        {
            case Request.Create create:
                Text(writer, create.Path);
                writer.Buffer(create.Data, create.Data is null);
                Write(writer, create.Acl);
                writer.Int(create.Flags);
                if (create.Op == OpCode.CreateTtl)
                    writer.Long(create.Ttl);
                break;
            case Request.Delete delete:
                PathAndNumber(writer, delete.Path, delete.Version);
                break;
            case Request.SetData set:
                Text(writer, set.Path);
                writer.Buffer(set.Data, set.Data is null);
                writer.Int(set.Version);
                break;
            case Request.SetAcl set:
                Text(writer, set.Path);
                Write(writer, set.Acl);
                writer.Int(set.Version);
                break;
            case Request.Check check:
                PathAndNumber(writer, check.Path, check.Version);
                break;
            case Request.Multi multi:
                WriteAll(writer, multi.Parts);
                break;
            case Request.MultiRead reads:
                WriteAll(writer, reads.Parts);
                break;
            case Request.Read read:
                Text(writer, read.Path);
                if (read.Op is OpCode.Exists or OpCode.GetData or OpCode.GetChildren or OpCode.GetChildren2)
                    writer.Bool(read.Watch);
                break;
            case Request.AddWatch add:
                PathAndNumber(writer, add.Path, add.Recursive ? 1 : 0);
                break;
            case Request.Watches watches:
                PathAndNumber(writer, watches.Path, watches.Type);
                break;
            case Request.SetWatches set:
                writer.Long(set.Seen.Value);
                foreach (var list in new[] { set.Data, set.Exist, set.Child, set.Persistent, set.Recursive })
                {
                    writer.Int(list.Count);
                    foreach (var path in list)
                        Text(writer, path);
                }
                break;
            case Request.Auth auth:
                writer.Int(0);
                Text(writer, auth.Scheme);
                writer.Buffer(auth.Credentials);
                break;
            case Request.DeleteContainer or Request.Sync:
                Text(writer, request.Path);
                break;
        }
    }

    private static void WriteAll(JuteWriter writer, IEnumerable<Request> parts)
    {
        foreach (var part in parts)
        {
            MultiHeader.Write(writer, part.Op, (ErrorCode)(-1));
            Write(writer, part);
        }
        MultiHeader.WriteEnd(writer);
    }

    private static void Write(JuteWriter writer, Acl? acl)
    {
        writer.Int(acl?.Items.Count ?? -1);
        foreach (var item in acl?.Items ?? [])
        {
            writer.Int((int)item.Permissions);
            Text(writer, item.Scheme);
            Text(writer, item.Id!);
        }
    }

    private static void PathAndNumber(JuteWriter writer, string path, int number)
    {
        Text(writer, path);
        writer.Int(number);
    }

    private static void Text(JuteWriter writer, string text) => writer.Buffer(Encoding.UTF8.GetBytes(text));
}
