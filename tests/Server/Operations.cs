using Quorate.Kernel.Wire;
using Quorate.Tests.Front;

namespace Quorate.Tests.Servers;

/// <summary>The operations of a multi.</summary>
internal static class Operations
{
    public static (OpCode Op, Action<JuteWriter> Record) Create(string path, string data = "") => (OpCode.Create, w =>
    {
        Ask.Text(w, path);
        Ask.Text(w, data);
        Ask.Open(w);
        w.Int(0);
    });

    public static (OpCode Op, Action<JuteWriter> Record) Delete(string path) => (OpCode.Delete, w => PathInt(w, path, -1));

    public static (OpCode Op, Action<JuteWriter> Record) Check(string path, int version = -1) => (OpCode.Check, w => PathInt(w, path, version));

    public static (OpCode Op, Action<JuteWriter> Record) Set(string path, string data) => (OpCode.SetData, w =>
    {
        Ask.Text(w, path);
        Ask.Text(w, data);
        w.Int(-1);
    });

    private static void PathInt(JuteWriter writer, string path, int value)
    {
        Ask.Text(writer, path);
        writer.Int(value);
    }
}
