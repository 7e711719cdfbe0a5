using BenchmarkDotNet.Attributes;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Bench;

/// <summary>ZooKeeper's frames in and out: what every request costs before and after anything is looked up or changed.</summary>
public class CodecBench
{
    private readonly Arena _out = new(64 << 10);
    private readonly byte[] _data = new byte[100];
    private byte[] _getData = [], _create = [], _multi = [];

    /// <summary>How many operations the multi has.</summary>
    private const int Parts = 10;

    [GlobalSetup]
    public void MakeFrames()
    {
        _getData = Frame(OpCode.GetData, static (writer, _) =>
        {
            writer.Buffer("/services/search/replica-17"u8);
            writer.Bool(false);
        });
        _create = Frame(OpCode.Create, Create);
        _multi = Frame(OpCode.Multi, static (writer, data) =>
        {
            for (var i = 0; i < Parts; i++)
            {
                MultiHeader.Write(writer, OpCode.Create, (ErrorCode)(-1));
                Create(writer, data);
            }
            MultiHeader.WriteEnd(writer);
        });
    }

    [Benchmark]
    public int ReadGetData()
    {
        RequestHeader.TryRead(_getData, out var header, out var record);
        var reader = new JuteReader(record);
        return ReadRequest.Read(ref reader).Path.Length + header.Xid;
    }

    [Benchmark]
    public int ReadCreate()
    {
        RequestHeader.TryRead(_create, out var header, out var record);
        var reader = new JuteReader(record);
        return Entries(CreateRequest.Read(ref reader, header.Op).Acl);
    }

    [Benchmark(OperationsPerInvoke = Parts)]
    public int ReadMulti()
    {
        RequestHeader.TryRead(_multi, out _, out var record);
        var reader = new JuteReader(record);
        var entries = 0;
        for (var header = MultiHeader.Read(ref reader); !header.Done; header = MultiHeader.Read(ref reader))
            entries += Entries(CreateRequest.Read(ref reader, header.Op).Acl);
        return entries;
    }

    [Benchmark]
    public int WriteGetDataReply()
    {
        _out.Clear();
        var writer = new JuteWriter(_out);
        var frame = writer.BeginFrame();
        ReplyHeader.Write(writer, 17, new(99), ErrorCode.Ok);
        writer.Buffer(_data);
        Some.Write(writer);
        writer.EndFrame(frame);
        return _out.Length;
    }

    [Benchmark]
    public int WriteSetDataReply()
    {
        _out.Clear();
        var writer = new JuteWriter(_out);
        var frame = writer.BeginFrame();
        ReplyHeader.Write(writer, 17, new(99), ErrorCode.Ok);
        Some.Write(writer);
        writer.EndFrame(frame);
        return _out.Length;
    }

    private static Stat Some { get; } = new()
    {
        Czxid = new(1),
        Mzxid = new(2),
        Ctime = 3,
        Mtime = 4,
        Version = 5,
        Cversion = 6,
        Aversion = 7,
        EphemeralOwner = new(8),
        DataLength = 9,
        NumChildren = 10,
        Pzxid = new(11),
    };

    private static int Entries(AclList acl)
    {
        var entries = 0;
        foreach (var entry in acl)
            entries += entry.Scheme.Length;
        return entries;
    }

    private static void Create(JuteWriter writer, byte[] data)
    {
        writer.Buffer("/services/search/replica-17"u8);
        writer.Buffer(data);
        writer.Int(1);
        new AclEntry { Permissions = Permissions.All, Scheme = "world"u8, Id = "anyone"u8, HasNull = false }.Write(writer);
        writer.Int(0);
    }

    private byte[] Frame(OpCode op, Action<JuteWriter, byte[]> record)
    {
        var arena = new Arena();
        var writer = new JuteWriter(arena);
        writer.Int(1);
        writer.Int((int)op);
        record(writer, _data);
        return arena.Written.ToArray();
    }
}
