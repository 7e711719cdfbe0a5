using System.Text;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>What an entry of the log asks for, for people and tools.</summary>
/// <param name="Kind">What it asks for.</param>
/// <param name="Op">Of a write: which one.</param>
/// <param name="Origin">The member that proposed it.</param>
/// <param name="Session">The session it belongs to or is about.</param>
/// <param name="Attachment">The attachment it was sent on.</param>
/// <param name="Sequence">Its number there.</param>
/// <param name="Path">The path it is about; of a multi, each operation and its path; empty when it has none.</param>
public sealed record CommandReport(
    CommandKind Kind, OpCode? Op, ServerId Origin, SessionId Session, uint Attachment, ulong Sequence, string Path)
{
    /// <summary>How many operations of a multi are spelt out.</summary>
    private const int OperationsShown = 8;

    /// <summary>Reads the body of an entry; null when it is none of this program's.</summary>
    public static CommandReport? Of(ReadOnlySpan<byte> body)
    {
        if (body.Length < CommandCodec.HeaderLength)
            return null;
        var command = CommandCodec.Read(body);
        return new(command.Kind, command.Kind == CommandKind.Write ? command.Op : null, command.Origin, command.Session, command.Attachment,
            command.Sequence, PathOf(command));
    }

    private static string PathOf(in Command command) => command.Kind switch
    {
        CommandKind.DeleteContainer => Encoding.UTF8.GetString(command.Body),
        CommandKind.Write when command.Op == OpCode.Multi => Operations(command.Body),
        CommandKind.Write => FirstBuffer(command.Body),
        _ => "",
    };

    /// <summary>Every write but a multi begins with its path.</summary>
    private static string FirstBuffer(ReadOnlySpan<byte> body)
    {
        var reader = new JuteReader(body);
        return Encoding.UTF8.GetString(reader.Buffer(out _));
    }

    private static string Operations(ReadOnlySpan<byte> body)
    {
        var text = new StringBuilder();
        var reader = new JuteReader(body);
        for (var count = 0; MultiHeader.Read(ref reader) is { Done: false } header && !reader.Failed; count++)
        {
            text.Append(count > 0 ? ", " : "");
            if (count == OperationsShown)
                return text.Append('…').ToString();
            text.Append(header.Op).Append(' ').Append(TakePath(header.Op, ref reader));
        }
        return text.ToString();
    }

    private static string TakePath(OpCode op, scoped ref JuteReader reader)
    {
        switch (op)
        {
            case OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl:
                return Encoding.UTF8.GetString(CreateRequest.Read(ref reader, op).Path);
            case OpCode.Delete or OpCode.Check:
                return Encoding.UTF8.GetString(PathIntRequest.Read(ref reader).Path);
            case OpCode.SetData:
                return Encoding.UTF8.GetString(SetDataRequest.Read(ref reader).Path);
            default:
                reader.Fail();
                return "?";
        }
    }
}
