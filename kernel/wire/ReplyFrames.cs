namespace Quorate.Kernel.Wire;

/// <summary>The sixteen bytes in front of every reply.</summary>
public static class ReplyHeader
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

    /// <summary>Appends a whole frame that has no body.</summary>
    public static void WriteFrame(JuteWriter writer, int xid, Zxid zxid, ErrorCode error)
    {
        writer.Int(Length);
        Write(writer, xid, zxid, error);
    }
}
