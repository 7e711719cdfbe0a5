using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>What a multiRead's record turned out to be.</summary>
internal enum MultiReadKind : byte
{
    /// <summary>It cannot be decoded, or mixes what does not belong together.</summary>
    Malformed,
    /// <summary>Reads only, perhaps none: it is answered.</summary>
    Reads,
    /// <summary>Writes only: refused, in a shape of its own.</summary>
    Writes,
}

/// <summary>Judges the record of a multiRead as a whole before any of its operations is answered. Protocol reference §8.4.</summary>
internal static class MultiReads
{
    public static MultiReadKind Classify(ReadOnlySpan<byte> record)
    {
        var reader = new JuteReader(record);
        var (reads, writes) = (0, 0);
        while (true)
        {
            var header = MultiHeader.Read(ref reader);
            if (reader.Failed)
                return MultiReadKind.Malformed;
            if (header.Done)
                break;
            if (header.Op is OpCode.GetData or OpCode.GetChildren)
                reads += SkipRead(ref reader);
            else if (!SkipWrite(header.Op, ref reader))
                return MultiReadKind.Malformed;
            else
                writes++;
        }
        if (reads > 0 && writes > 0)
            return MultiReadKind.Malformed;
        return writes > 0 ? MultiReadKind.Writes : MultiReadKind.Reads;
    }

    private static int SkipRead(ref JuteReader reader)
    {
        if (ReadRequest.Read(ref reader).PathIsNull)
            reader.Fail();
        return 1;
    }

    private static bool SkipWrite(OpCode op, ref JuteReader reader)
    {
        switch (op)
        {
            case OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl:
                CreateRequest.Read(ref reader, op);
                return true;
            case OpCode.Delete or OpCode.Check:
                PathIntRequest.Read(ref reader);
                return true;
            case OpCode.SetData:
                SetDataRequest.Read(ref reader);
                return true;
            default:
                return false;
        }
    }
}
