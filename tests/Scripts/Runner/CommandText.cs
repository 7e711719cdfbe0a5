using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Simulation.Histories;

namespace Quorate.Tests.Scripts;

/// <summary>What an entry of a real log asks for, in words: a client's write as operation, path, session and number within the session.</summary>
internal static class CommandText
{
    public static string Of(ReadOnlySpan<byte> body, Func<SessionId, string> nameOf)
    {
        var command = CommandCodec.Read(body);
        return command.Kind switch
        {
            CommandKind.Write => $"{Lower(RequestReader.Read(command.Op, command.Body))}({nameOf(command.Session)}#{command.Sequence})",
            CommandKind.Membership => $"members({Membership.Decode(Ruling.Read(command.Ruling).Membership)})",
            CommandKind.Open or CommandKind.Level => Lower(command.Kind),
            _ => $"{Lower(command.Kind)}({nameOf(command.Session)})",
        };
    }

    private static string Lower(object what) => what.ToString()!.Replace(' ', ':').ToLowerInvariant();
}
