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
        _getData = Frames.Request(OpCode.GetData, static writer => Frames.GetData(writer, Path));
        _create = Frames.Request(OpCode.Create, writer => Frames.Create(writer, Path, _data));
        _multi = Frames.Request(OpCode.Multi, writer =>
        {
            for (var i = 0; i < Parts; i++)
            {
                MultiHeader.Write(writer, OpCode.Create, (ErrorCode)(-1));
                Frames.Create(writer, Path, _data);
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

    private static ReadOnlySpan<byte> Path => "/services/search/replica-17"u8;

    private static int Entries(AclList acl)
    {
        var entries = 0;
        foreach (var entry in acl)
            entries += entry.Scheme.Length;
        return entries;
    }
}
