using Quorate.Kernel.Trees;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>Several writes under one zxid, all or nothing.</summary>
internal sealed partial class Machine
{
    /// <summary>
    /// Performs the operations in order; at the first failure everything is undone and the results are errors only, while the reply header
    /// still says Ok. A multi that cannot be decoded whole is refused before its first operation.
    /// </summary>
    private ErrorCode Multi(in Asker asker, ReadOnlySpan<byte> body, Changes changes, JuteWriter reply)
    {
        var count = CountOperations(body);
        if (count < 0)
            return ErrorCode.MarshallingError;
        var start = reply.Position;
        var reader = new JuteReader(body);
        Tree.Begin();
        for (var i = 0; i < count; i++)
        {
            var op = MultiHeader.Read(ref reader).Op;
            var error = Perform(asker, op, ref reader, changes, reply);
            if (error == ErrorCode.Ok)
            {
                if (op is OpCode.Delete or OpCode.Check)
                    MultiHeader.Write(reply, op, ErrorCode.Ok);
                continue;
            }
            Tree.Rollback();
            changes.Clear();
            reply.Arena.CutTo(start);
            ReplyFailed(reply, failed: i, count, error);
            return ErrorCode.Ok;
        }
        Tree.Commit();
        MultiHeader.WriteEnd(reply);
        return ErrorCode.Ok;
    }

    private static void ReplyFailed(JuteWriter reply, int failed, int count, ErrorCode error)
    {
        for (var i = 0; i < count; i++)
            MultiHeader.WriteError(reply, i < failed ? ErrorCode.Ok : i == failed ? error : ErrorCode.RuntimeInconsistency);
        MultiHeader.WriteEnd(reply);
    }

    /// <summary>The number of operations, or −1 when the body is cut short, holds another kind of operation, or a path that must not be null is.</summary>
    private int CountOperations(ReadOnlySpan<byte> body)
    {
        var reader = new JuteReader(body);
        for (var count = 0; count <= _level.MultiOperations; count++)
        {
            var header = MultiHeader.Read(ref reader);
            if (reader.Failed)
                return -1;
            if (header.Done)
                return count;
            if (!SkipRecord(header.Op, ref reader) || reader.Failed)
                return -1;
        }
        return -1;
    }

    private static bool SkipRecord(OpCode op, scoped ref JuteReader reader)
    {
        switch (op)
        {
            case OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl:
                return !CreateRequest.Read(ref reader, op).PathIsNull;
            case OpCode.Delete or OpCode.Check:
                return !PathIntRequest.Read(ref reader).PathIsNull;
            case OpCode.SetData:
                return !SetDataRequest.Read(ref reader).PathIsNull;
            default:
                return false;
        }
    }
}
