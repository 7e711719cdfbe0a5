using System.Buffers.Binary;
using CsCheck;
using Quorate.Kernel.Wire;
using Quorate.Tests.Front;

namespace Quorate.Tests.Servers;

/// <summary>Frames and byte streams as broken or hostile clients send them: valid, nearly valid, and anything at all.</summary>
internal static class WildFrames
{
    private delegate void Write(JuteWriter writer, string path, string text, int number);

    private static readonly (OpCode Op, Write Record)[] Requests =
    [
        (OpCode.Create, (w, path, text, n) => Create(w, path, text, n % 9 - 1)),
        (OpCode.Create2, (w, path, _, n) =>
        {
            Ask.Text(w, path);
            w.Null();
            Ask.Acl(w, (n % 32, "digest", "a:b"), (31, "auth", ""));
            w.Int(n % 4);
        }),
        (OpCode.CreateContainer, (w, path, text, _) => Create(w, path, text, 4)),
        (OpCode.CreateTtl, (w, path, text, n) =>
        {
            Create(w, path, text, 5 + n % 2);
            w.Long(n - 3);
        }),
        (OpCode.Delete, (w, path, _, n) => PathInt(w, path, n % 4 - 1)),
        (OpCode.SetData, (w, path, text, n) =>
        {
            Ask.Text(w, path);
            Ask.Text(w, text);
            w.Int(n % 4 - 1);
        }),
        (OpCode.SetAcl, (w, path, _, n) =>
        {
            Ask.Text(w, path);
            Ask.Acl(w, (n % 32, "ip", "10.0.0.0/8"), (n % 32, "world", "anyone"));
            w.Int(-1);
        }),
        (OpCode.Check, (w, path, _, n) => PathInt(w, path, n % 4 - 1)),
        (OpCode.DeleteContainer, (w, path, _, _) => Ask.Text(w, path)),
        (OpCode.GetData, PathBool),
        (OpCode.Exists, PathBool),
        (OpCode.GetChildren, PathBool),
        (OpCode.GetChildren2, PathBool),
        (OpCode.GetAcl, (w, path, _, _) => Ask.Text(w, path)),
        (OpCode.Sync, (w, path, _, _) => Ask.Text(w, path)),
        (OpCode.GetEphemerals, (w, path, _, _) => Ask.Text(w, path)),
        (OpCode.GetAllChildrenNumber, (w, path, _, _) => Ask.Text(w, path)),
        (OpCode.AddWatch, (w, path, _, n) => PathInt(w, path, n % 3)),
        (OpCode.RemoveWatches, (w, path, _, n) => PathInt(w, path, n % 6)),
        (OpCode.CheckWatches, (w, path, _, n) => PathInt(w, path, n % 6)),
        (OpCode.WhoAmI, (_, _, _, _) => { }),
        (OpCode.Ping, (_, _, _, _) => { }),
        (OpCode.CloseSession, (_, _, _, _) => { }),
        (OpCode.Reconfig, (w, path, text, n) =>
        {
            Ask.Text(w, path);
            Ask.Text(w, text);
            Ask.Text(w, "");
            w.Long(n);
        }),
        (OpCode.Auth, (w, _, text, n) =>
        {
            w.Int(0);
            Ask.Text(w, n % 4 == 0 ? "ip" : "digest");
            Ask.Text(w, $"u{n}:{text}");
        }),
        (OpCode.Sasl, (w, _, text, _) => Ask.Text(w, text)),
        (OpCode.SetWatches2, (w, path, _, n) =>
        {
            w.Long(n);
            for (var list = 0; list < 5; list++)
            {
                w.Int(2);
                Ask.Text(w, path);
                Ask.Text(w, "/a");
            }
        }),
        (OpCode.Multi, Multi),
        (OpCode.MultiRead, (w, path, _, _) =>
        {
            Header(w, OpCode.GetData);
            Ask.Text(w, path);
            w.Bool(false);
            End(w);
        }),
    ];

    private static readonly Gen<string> GenPath = Gen.OneOf(
        "/", "/a", "/b", "/a/c", "/a/d", "/zookeeper", "/zookeeper/config", "/healthy", "", "a", "/a//b", "/a/", "/..", "/a\0", "/\ud7ff\ufffe",
        "/zookeeper/quota/a/zookeeper_limits", "/zookeeper/quota/a/zookeeper_stats", "/zookeeper/quota/a");

    private static readonly Gen<string> GenText = Gen.OneOf(
        "", "x", "count=-1,bytes=-1;byteHardLimit=5;countHardLimit=1", new string('y', 900));

    private static readonly Gen<byte[]> GenRequest = Gen.Select(
        Gen.Int[0, Requests.Length - 1], GenPath, GenText, Gen.Int[0, 1000],
        (request, path, text, n) => Ask.Request(n, Requests[request].Op, w => Requests[request].Record(w, path, text, n)));

    private static readonly Gen<byte[]> GenConnect = Gen.Select(Gen.Long, Gen.Int, Gen.Byte.Array[0, 20], (session, timeout, password) =>
        Ask.Connect(session % 50, password, timeout));

    private static readonly Gen<byte[]> GenValid = Gen.Frequency((30, GenRequest), (1, GenConnect));

    private static readonly Gen<byte[]> GenUnknown = Gen.Select(Gen.Int[-20, 110], Gen.Byte.Array[0, 100], (op, rest) =>
        (byte[])[.. Ask.Request(7, (OpCode)op, _ => { }), .. rest]);

    private static readonly Gen<byte[]> GenMutated = Gen.Select(GenValid, Gen.Int[0, 6], Gen.Int[0, 100_000], Gen.Byte, Mutate);

    /// <summary>A frame of any kind, without the length in front.</summary>
    public static readonly Gen<byte[]> GenAny = Gen.Frequency((6, GenMutated), (6, GenValid), (1, Gen.Byte.Array[1, 200]), (1, GenUnknown));

    /// <summary>All that one connection sends: a handshake, a word, or neither, then frames and what are none.</summary>
    public static readonly Gen<byte[]> GenStream = Gen.Select(
        Gen.OneOf(Gen.Const(Framed(Ask.Connect())), Gen.Const(Framed(Ask.Connect())), Gen.Byte.Array[0, 20], GenWord()),
        Gen.OneOf(GenFramed(), GenFramed(), GenFramed(), Gen.Byte.Array[1, 30]).Array[0, 30],
        (begin, rest) => (byte[])[.. begin, .. rest.SelectMany(bytes => bytes)]);

    private static Gen<byte[]> GenWord() =>
        Gen.OneOf("ruok", "srvr", "stmk", "mntr", "dump", "wchp", "what").Select(System.Text.Encoding.UTF8.GetBytes);

    private static Gen<byte[]> GenFramed() => GenAny.Where(frame => frame.Length > 0).Select(Framed);

    private static byte[] Framed(byte[] frame)
    {
        var framed = new byte[sizeof(int) + frame.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed, frame.Length);
        frame.CopyTo(framed, sizeof(int));
        return framed;
    }

    /// <summary>Flipped, cut, doubled, or with a length in it that is none.</summary>
    private static byte[] Mutate(byte[] frame, int how, int where, byte value)
    {
        var at = where % frame.Length;
        var length = frame.AsSpan(Math.Min(at & ~3, frame.Length - sizeof(int)));
        switch (how)
        {
            case 0:
                frame[at] ^= value;
                return frame;
            case 1:
                return frame[..at];
            case 2:
                return [.. frame[..at], .. frame];
            case 3:
                return [.. frame, .. frame[at..]];
            case 4:
                BinaryPrimitives.WriteInt32BigEndian(length, int.MaxValue - value);
                return frame;
            case 5:
                BinaryPrimitives.WriteInt32BigEndian(length, -value);
                return frame;
            default:
                BinaryPrimitives.WriteInt32BigEndian(length, value);
                return frame;
        }
    }

    private static void Create(JuteWriter writer, string path, string text, int flags)
    {
        Ask.Text(writer, path);
        Ask.Text(writer, text);
        Ask.Open(writer);
        writer.Int(flags);
    }

    private static void PathBool(JuteWriter writer, string path, string text, int number)
    {
        Ask.Text(writer, path);
        writer.Bool(number % 2 == 0);
    }

    private static void PathInt(JuteWriter writer, string path, int value)
    {
        Ask.Text(writer, path);
        writer.Int(value);
    }

    private static void Multi(JuteWriter writer, string path, string text, int number)
    {
        for (var i = 0; i <= number % 5; i++)
            switch ((number + i) % 4)
            {
                case 0:
                    Header(writer, OpCode.Create);
                    Create(writer, path + i, text, number % 4);
                    break;
                case 1:
                    Header(writer, OpCode.Delete);
                    PathInt(writer, path + i, -1);
                    break;
                case 2:
                    Header(writer, OpCode.SetData);
                    Ask.Text(writer, path);
                    Ask.Text(writer, text);
                    writer.Int(-1);
                    break;
                default:
                    Header(writer, OpCode.Check);
                    PathInt(writer, path, number % 3 - 1);
                    break;
            }
        End(writer);
    }

    private static void Header(JuteWriter writer, OpCode op)
    {
        writer.Int((int)op);
        writer.Bool(false);
        writer.Int(-1);
    }

    private static void End(JuteWriter writer)
    {
        writer.Int(-1);
        writer.Bool(true);
        writer.Int(-1);
    }
}
