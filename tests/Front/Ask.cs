using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Front;

/// <summary>Frames as clients send them, without the length in front.</summary>
internal static class Ask
{
    public static byte[] Connect(
        long session = 0, byte[]? password = null, int timeout = 8000, long lastZxid = 0, bool? readOnly = false) => Bytes(w =>
    {
        w.Int(0);
        w.Long(lastZxid);
        w.Int(timeout);
        w.Long(session);
        w.Buffer(password ?? new byte[16]);
        if (readOnly is { } value)
            w.Bool(value);
    });

    public static byte[] Create(
        int xid, string path, string data = "", int flags = 0, Action<JuteWriter>? acl = null) => Request(xid, OpCode.Create, w =>
    {
        Text(w, path);
        Text(w, data);
        (acl ?? Open)(w);
        w.Int(flags);
    });

    public static byte[] Delete(int xid, string path) => PathInt(xid, OpCode.Delete, path, -1);

    public static byte[] SetData(int xid, string path, string data) => Request(xid, OpCode.SetData, w =>
    {
        Text(w, path);
        Text(w, data);
        w.Int(-1);
    });

    public static byte[] SetAcl(int xid, string path, Action<JuteWriter> acl) => Request(xid, OpCode.SetAcl, w =>
    {
        Text(w, path);
        acl(w);
        w.Int(-1);
    });

    public static byte[] Read(int xid, OpCode op, string path, bool watch = false) => Request(xid, op, w =>
    {
        Text(w, path);
        w.Bool(watch);
    });

    public static byte[] Path(int xid, OpCode op, string path) => Request(xid, op, w => Text(w, path));

    public static byte[] PathInt(int xid, OpCode op, string path, int value) => Request(xid, op, w =>
    {
        Text(w, path);
        w.Int(value);
    });

    public static byte[] Auth(string scheme, string credentials, int xid = -4) => Request(xid, OpCode.Auth, w =>
    {
        w.Int(0);
        Text(w, scheme);
        Text(w, credentials);
    });

    public static byte[] Ping => Request(-2, OpCode.Ping, _ => { });

    public static byte[] Close(int xid) => Request(xid, OpCode.CloseSession, _ => { });

    public static byte[] SetWatches(
        long zxid, string[] data, string[] exist, string[] child, string[]? persistent = null, string[]? recursive = null) =>
        Request(-8, persistent is null ? OpCode.SetWatches : OpCode.SetWatches2, w =>
        {
            w.Long(zxid);
            foreach (var list in persistent is null ? [data, exist, child] : new[] { data, exist, child, persistent, recursive! })
            {
                w.Int(list.Length);
                foreach (var path in list)
                    Text(w, path);
            }
        });

    public static byte[] Request(int xid, OpCode op, Action<JuteWriter> record) => Bytes(w =>
    {
        w.Int(xid);
        w.Int((int)op);
        record(w);
    });

    public static void Open(JuteWriter writer) => Acl(writer, (31, "world", "anyone"));

    public static void Acl(JuteWriter writer, params (int Permissions, string Scheme, string Id)[] entries)
    {
        writer.Int(entries.Length);
        foreach (var (permissions, scheme, id) in entries)
        {
            writer.Int(permissions);
            Text(writer, scheme);
            Text(writer, id);
        }
    }

    public static void Text(JuteWriter writer, string text) => writer.Buffer(System.Text.Encoding.UTF8.GetBytes(text));

    public static byte[] Bytes(Action<JuteWriter> write)
    {
        var arena = new Arena();
        write(new(arena));
        return arena.Written.ToArray();
    }
}
