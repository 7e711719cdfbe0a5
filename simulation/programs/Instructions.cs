using System.Buffers.Binary;

namespace Quorate.Simulation.Programs;

/// <summary>The instructions of a method, as far as to find the tokens in them (ECMA-335, partition III).</summary>
internal static class Instructions
{
    private const int Wide = 0xFE00;
    private const int Switch = 0x45;

    /// <summary>Tokens of types, methods and fields; those of strings and call-site signatures are left out.</summary>
    public static IReadOnlyList<int> Tokens(ReadOnlySpan<byte> code)
    {
        var tokens = new List<int>();
        while (code.Length > 0)
        {
            int instruction = code[0];
            code = code[1..];
            if (instruction == 0xFE)
            {
                instruction = Wide | code[0];
                code = code[1..];
            }
            var size = OperandSize(instruction);
            if (HasToken(instruction))
                tokens.Add(BinaryPrimitives.ReadInt32LittleEndian(code));
            else if (instruction == Switch)
                size += BinaryPrimitives.ReadInt32LittleEndian(code) * sizeof(int);
            code = code[size..];
        }
        return tokens;
    }

    /// <summary>jmp, call, the object model from callvirt to ldtoken, ldftn and ldvirtftn, initobj, constrained, sizeof.</summary>
    private static bool HasToken(int instruction) => instruction is 0x27 or 0x28
        or 0x6F or 0x70 or 0x71 or 0x73 or 0x74 or 0x75 or 0x79 or (>= 0x7B and <= 0x81)
        or 0x8C or 0x8D or 0x8F or 0xA3 or 0xA4 or 0xA5 or 0xC2 or 0xC6 or 0xD0
        or (Wide | 0x06) or (Wide | 0x07) or (Wide | 0x15) or (Wide | 0x16) or (Wide | 0x1C);

    private static int OperandSize(int instruction) => instruction switch
    {
        >= 0x0E and <= 0x13 or 0x1F or (>= 0x2B and <= 0x37) or 0xDE or (Wide | 0x12) or (Wide | 0x19) => 1,
        >= (Wide | 0x09) and <= (Wide | 0x0E) => 2,
        0x20 or 0x22 or 0x29 or (>= 0x38 and <= 0x44) or Switch or 0x72 or 0xDD => 4,
        0x21 or 0x23 => 8,
        _ => HasToken(instruction) ? sizeof(int) : 0,
    };
}
