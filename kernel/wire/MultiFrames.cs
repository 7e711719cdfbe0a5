namespace Quorate.Kernel.Wire;

/// <summary>The nine bytes in front of every operation, and of every result, of a multi.</summary>
public readonly record struct MultiHeader(OpCode Op, bool Done, ErrorCode Error)
{
    /// <summary>Reads a header.</summary>
    public static MultiHeader Read(scoped ref JuteReader reader)
    {
        var op = (OpCode)reader.Int();
        var done = reader.Bool();
        return new(op, done, (ErrorCode)reader.Int());
    }

    /// <summary>Appends a header of a result.</summary>
    public static void Write(JuteWriter writer, OpCode op, ErrorCode error)
    {
        writer.Int((int)op);
        writer.Bool(false);
        writer.Int((int)error);
    }

    /// <summary>Appends the terminator.</summary>
    public static void WriteEnd(JuteWriter writer)
    {
        writer.Int(-1);
        writer.Bool(true);
        writer.Int(-1);
    }

    /// <summary>Appends a whole error result: the code stands in the header and behind it.</summary>
    public static void WriteError(JuteWriter writer, ErrorCode error)
    {
        Write(writer, OpCode.Error, error);
        writer.Int((int)error);
    }
}
