using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Simulation.Histories;

/// <summary>Turns a reply into an <see cref="Answer"/>, given what it answers.</summary>
internal static class AnswerReader
{
    /// <summary>Reads the record behind a reply's header; false when it is not what such a request is answered with.</summary>
    public static bool TryRead(Request request, Zxid zxid, ErrorCode error, ReadOnlySpan<byte> record, out Answer answer)
    {
        if (error != ErrorCode.Ok)
        {
            answer = new(error, zxid);
            return true;
        }
        var reader = new JuteReader(record);
        answer = Read(request.Op, zxid, ref reader);
        return !reader.Failed;
    }

    private static Answer Read(OpCode op, Zxid zxid, scoped ref JuteReader reader) => op switch
    {
        OpCode.Create => new(ErrorCode.Ok, zxid) { Path = RequestReader.Text(reader.NonNull()) },
        OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl =>
            new(ErrorCode.Ok, zxid) { Path = RequestReader.Text(reader.NonNull()), Stat = Stat.Read(ref reader) },
        OpCode.SetData or OpCode.SetAcl or OpCode.Exists => new(ErrorCode.Ok, zxid) { Stat = Stat.Read(ref reader) },
        OpCode.GetData or OpCode.Reconfig => Data(zxid, ref reader),
        OpCode.GetChildren => new(ErrorCode.Ok, zxid) { Names = Names(ref reader) },
        OpCode.GetChildren2 => new(ErrorCode.Ok, zxid) { Names = Names(ref reader), Stat = Stat.Read(ref reader) },
        OpCode.GetEphemerals => new(ErrorCode.Ok, zxid) { Names = Names(ref reader) },
        OpCode.GetAllChildrenNumber => new(ErrorCode.Ok, zxid) { Count = reader.Int() },
        OpCode.GetAcl => new(ErrorCode.Ok, zxid) { Acl = RequestReader.Read(AclList.Read(ref reader)), Stat = Stat.Read(ref reader) },
        OpCode.Sync => new(ErrorCode.Ok, zxid) { Path = RequestReader.Text(reader.Buffer(out _)) },
        OpCode.Multi or OpCode.MultiRead => new(ErrorCode.Ok, zxid) { Parts = Parts(zxid, ref reader) },
        _ => new(ErrorCode.Ok, zxid),
    };

    private static Answer Data(Zxid zxid, scoped ref JuteReader reader)
    {
        var data = reader.Buffer(out var isNull);
        return new(ErrorCode.Ok, zxid) { Data = isNull ? null : data.ToArray(), Stat = Stat.Read(ref reader) };
    }

    private static List<string> Names(scoped ref JuteReader reader)
    {
        var names = new List<string>();
        for (var left = reader.Count(out _); left > 0 && !reader.Failed; left--)
            names.Add(RequestReader.Text(reader.NonNull()));
        return names;
    }

    /// <summary>
    /// Inside a multi the header of each result says what stands behind it: a create2 is answered as a create (protocol §8.2).
    /// </summary>
    private static List<Answer> Parts(Zxid zxid, scoped ref JuteReader reader)
    {
        var parts = new List<Answer>();
        for (var header = MultiHeader.Read(ref reader); !header.Done && !reader.Failed; header = MultiHeader.Read(ref reader))
            parts.Add(header.Op == OpCode.Error
                ? new((ErrorCode)reader.Int(), zxid)
                : Read(header.Op, zxid, ref reader));
        return parts;
    }
}
