using System.Text;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Actors;

/// <summary>Writes the record of a request that is given as a value: the counterpart of <see cref="RequestReader"/>.</summary>
internal static class RequestWriter
{
    public static void Write(JuteWriter writer, Request request)
    {
        switch (request)
        {
            case Request.Create create:
                Write(writer, create);
                break;
            case Request.Delete delete:
                RequestRecord.Versioned(writer, Text(delete.Path), delete.Version);
                break;
            case Request.Check check:
                RequestRecord.Versioned(writer, Text(check.Path), check.Version);
                break;
            case Request.SetData set:
                writer.Buffer(Text(set.Path));
                writer.Buffer(set.Data, set.Data is null);
                writer.Int(set.Version);
                break;
            case Request.SetAcl set:
                writer.Buffer(Text(set.Path));
                Write(writer, set.Acl);
                writer.Int(set.Version);
                break;
            case Request.Multi multi:
                WriteAll(writer, multi.Parts);
                break;
            case Request.MultiRead reads:
                WriteAll(writer, reads.Parts);
                break;
            case Request.Read { Op: OpCode.GetAcl or OpCode.GetEphemerals or OpCode.GetAllChildrenNumber } or Request.Sync or Request.DeleteContainer:
                RequestRecord.Path(writer, Text(request.Path));
                break;
            case Request.Read read:
                RequestRecord.Read(writer, Text(read.Path), read.Watch);
                break;
            case Request.AddWatch add:
                RequestRecord.AddWatch(writer, Text(add.Path), add.Recursive ? AddWatchMode.Recursive : AddWatchMode.Persistent);
                break;
            case Request.Watches watches:
                RequestRecord.Watches(writer, Text(watches.Path), (WatcherType)watches.Type);
                break;
            case Request.Auth auth:
                RequestRecord.Auth(writer, Text(auth.Scheme), auth.Credentials);
                break;
            case Request.Plain:
                break;
            default:
                throw new ArgumentException($"Nobody sends {request}.");
        }
    }

    private static void Write(JuteWriter writer, Request.Create create)
    {
        writer.Buffer(Text(create.Path));
        writer.Buffer(create.Data, create.Data is null);
        Write(writer, create.Acl);
        writer.Int(create.Flags);
        if (create.Op == OpCode.CreateTtl)
            writer.Long(create.Ttl);
    }

    private static void Write(JuteWriter writer, Acl? acl)
    {
        if (acl is null)
        {
            writer.Null();
            return;
        }
        writer.Int(acl.Items.Count);
        foreach (var item in acl.Items)
        {
            writer.Int((int)item.Permissions);
            writer.Buffer(Text(item.Scheme));
            writer.Buffer(item.Id is null ? default : Text(item.Id), item.Id is null);
        }
    }

    private static void WriteAll(JuteWriter writer, IReadOnlyList<Request> parts)
    {
        foreach (var part in parts)
        {
            RequestRecord.Operation(writer, part.Op);
            Write(writer, part);
        }
        MultiHeader.WriteEnd(writer);
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
