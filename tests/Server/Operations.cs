using Quorate.Kernel.Wire;
using Quorate.Tests.Front;

namespace Quorate.Tests.Servers;

/// <summary>The operations of a multi.</summary>
internal static class Operations
{
    public static (OpCode Op, Action<JuteWriter> Record) Create(string path, string data = "") => (OpCode.Create, w => Create(w, path, data));

    public static (OpCode Op, Action<JuteWriter> Record) Set(string path, string data) => (OpCode.SetData, w => Set(w, path, data));

    public static (OpCode Op, Action<JuteWriter> Record) Delete(string path) => (OpCode.Delete, w => PathInt(w, path, -1));

    public static (OpCode Op, Action<JuteWriter> Record) Check(string path, int version = -1) => (OpCode.Check, w => PathInt(w, path, version));

    /// <summary>The record of a multi.</summary>
    public static void Write(JuteWriter writer, ReadOnlySpan<(OpCode Op, Action<JuteWriter> Record)> operations)
    {
        foreach (var (op, record) in operations)
        {
            Header(writer, (int)op, done: false);
            record(writer);
        }
        Header(writer, op: -1, done: true);
    }

    private static void Header(JuteWriter writer, int op, bool done)
    {
        writer.Int(op);
        writer.Bool(done);
        writer.Int(-1);
    }

    private static void Create(JuteWriter writer, string path, string data)
    {
        Ask.Text(writer, path);
        Ask.Text(writer, data);
        Ask.Open(writer);
        writer.Int(0);
    }

    private static void Set(JuteWriter writer, string path, string data)
    {
        Ask.Text(writer, path);
        Ask.Text(writer, data);
        writer.Int(-1);
    }

    private static void PathInt(JuteWriter writer, string path, int value)
    {
        Ask.Text(writer, path);
        writer.Int(value);
    }
}
