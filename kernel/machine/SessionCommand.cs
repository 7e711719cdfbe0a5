using System.Buffers.Binary;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>The body of <see cref="CommandKind.CreateSession"/> and <see cref="CommandKind.Attach"/>: password, then negotiated timeout.</summary>
internal readonly record struct SessionCommand(UInt128 Password, int TimeoutMilliseconds)
{
    public const int Length = ConnectResponse.PasswordLength + sizeof(int);

    public void Write(Span<byte> body)
    {
        BinaryPrimitives.WriteUInt128BigEndian(body, Password);
        BinaryPrimitives.WriteInt32LittleEndian(body[ConnectResponse.PasswordLength..], TimeoutMilliseconds);
    }

    public static SessionCommand Read(ReadOnlySpan<byte> body) => new(
        BinaryPrimitives.ReadUInt128BigEndian(body),
        BinaryPrimitives.ReadInt32LittleEndian(body[ConnectResponse.PasswordLength..]));
}
