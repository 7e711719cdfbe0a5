namespace Quorate.Kernel.Wire;

/// <summary>The sixteen bytes in front of every reply.</summary>
public readonly record struct ReplyHeader(int Xid, Zxid Zxid, ErrorCode Error)
{
    /// <summary>Length of the header, in bytes, without the frame's length.</summary>
    public const int Length = 16;

    /// <summary>Appends the header.</summary>
    public static void Write(JuteWriter writer, int xid, Zxid zxid, ErrorCode error)
    {
        writer.Int(xid);
        writer.Long(zxid.Value);
        writer.Int((int)error);
    }

    /// <summary>Splits a frame into header and body; false when the frame is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, out ReplyHeader header, out ReadOnlySpan<byte> body)
    {
        var reader = new JuteReader(frame);
        header = new(reader.Int(), new(reader.Long()), (ErrorCode)reader.Int());
        body = reader.Failed ? default : reader.Rest;
        return !reader.Failed;
    }

    /// <summary>Appends a whole frame that has no body.</summary>
    public static void WriteFrame(JuteWriter writer, int xid, Zxid zxid, ErrorCode error)
    {
        writer.Int(Length);
        Write(writer, xid, zxid, error);
    }
}
