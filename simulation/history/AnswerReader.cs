using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Simulation.Histories;

/// <summary>Turns a reply into an <see cref="Answer"/>, given what it answers.</summary>
public static class AnswerReader
{
    /// <summary>Reads the record behind a reply's header; false when it is not what such a request is answered with.</summary>
    public static bool TryRead(Request request, Zxid zxid, ErrorCode error, ReadOnlySpan<byte> record, out Answer answer)
    {
        answer = new(error, zxid);
        if (error != ErrorCode.Ok)
            return true;
        var reader = new JuteReader(record);
        answer = Read(answer, request, ref reader);
        return !reader.Failed;
    }

    private static Answer Read(Answer answer, Request request, scoped ref JuteReader reader) => request.Op switch
    {
        OpCode.Create => answer with { Path = RequestReader.Text(reader.NonNull()) },
        OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl =>
            answer with { Path = RequestReader.Text(reader.NonNull()), Stat = Stat.Read(ref reader) },
        OpCode.SetData or OpCode.SetAcl or OpCode.Exists => answer with { Stat = Stat.Read(ref reader) },
        OpCode.GetData or OpCode.Reconfig => Data(answer, ref reader),
        OpCode.GetChildren => answer with { Names = Names(ref reader) },
        OpCode.GetChildren2 => answer with { Names = Names(ref reader), Stat = Stat.Read(ref reader) },
        OpCode.GetEphemerals => answer with { Names = Names(ref reader) },
        OpCode.GetAllChildrenNumber => answer with { Count = reader.Int() },
        OpCode.GetAcl => answer with { Acl = RequestReader.Read(AclList.Read(ref reader)), Stat = Stat.Read(ref reader) },
        OpCode.Sync => answer with { Path = RequestReader.Text(reader.Buffer(out _)) },
        OpCode.Multi or OpCode.MultiRead => answer with { Parts = Parts(answer.Zxid, ref reader) },
        _ => answer,
    };

    private static Answer Data(Answer answer, scoped ref JuteReader reader)
    {
        var data = reader.Buffer(out var isNull);
        return answer with { Data = isNull ? null : data.ToArray(), Stat = Stat.Read(ref reader) };
    }

    private static List<string> Names(scoped ref JuteReader reader)
    {
        var names = new List<string>();
        for (var left = reader.Count(out _); left > 0 && !reader.Failed; left--)
            names.Add(RequestReader.Text(reader.NonNull()));
        return names;
    }

    /// <summary>Inside a multi the header of each result says what stands behind it: a create2 is answered as a create (protocol §8.2).</summary>
    private static List<Answer> Parts(Zxid zxid, scoped ref JuteReader reader)
    {
        var parts = new List<Answer>();
        for (var header = MultiHeader.Read(ref reader); !header.Done && !reader.Failed; header = MultiHeader.Read(ref reader))
            parts.Add(header.Op == OpCode.Error
                ? new((ErrorCode)reader.Int(), zxid)
                : Read(new(ErrorCode.Ok, zxid), new Request.Plain(header.Op), ref reader));
        return parts;
    }
}
