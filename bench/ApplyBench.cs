using System.Text;
using BenchmarkDotNet.Attributes;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Bench;

/// <summary>One entry applied by the replicated machine: session turn, access, quota, tree, digest, changes for the watchers, reply record.</summary>
public class ApplyBench
{
    private const int Leaves = 1000, MultiSets = 4;

    private readonly Machine _machine = new(hashKey: 5);
    private readonly Changes _changes = new();
    private readonly Arena _reply = new();
    private readonly byte[][] _sets = new byte[Leaves][], _multis = new byte[Leaves][];
    private byte[] _create = [], _delete = [];
    private LogIndex _index;
    private SessionId _session;
    private ulong _sequence;
    private int _at;

    [GlobalSetup]
    public void OpenSession()
    {
        var data = new byte[Forest.DataBytes];
        Span<byte> level = stackalloc byte[Level.Length];
        Level.Of(new()).Write(level);
        Apply(new() { Kind = CommandKind.Open });
        Apply(new() { Kind = CommandKind.Level, Body = level });
        Span<byte> opening = stackalloc byte[SessionCommand.Length];
        new SessionCommand(Password: 1, TimeoutMilliseconds: 30_000).Write(opening);
        _session = Apply(new()
        {
            Kind = CommandKind.CreateSession,
            Origin = new(1),
            Incarnation = new(Birth: 7, Starts: 1),
            Sequence = 1,
            Body = opening,
        }).Session;

        for (var directory = 0; directory < Leaves / Frames.Fanout; directory++)
            Write(OpCode.Create, Frames.Bytes(writer => Frames.Create(writer, Path(Frames.Directory(directory)), data)));
        for (var leaf = 0; leaf < Leaves; leaf++)
        {
            Write(OpCode.Create, Frames.Bytes(writer => Frames.Create(writer, Path(Frames.Leaf(leaf)), data)));
            _sets[leaf] = Frames.Bytes(writer => Frames.SetData(writer, Path(Frames.Leaf(leaf)), data));
            _multis[leaf] = Frames.Bytes(writer => Multi(writer, leaf, data));
        }
        _create = Frames.Bytes(writer => Frames.Create(writer, "/load0000000/passing"u8, data));
        _delete = Frames.Bytes(static writer => Frames.Delete(writer, "/load0000000/passing"u8));
    }

    [Benchmark]
    public ErrorCode SetData() => Write(OpCode.SetData, _sets[Next()]);

    /// <summary>A create and the delete that undoes it; counted as two.</summary>
    [Benchmark(OperationsPerInvoke = 2)]
    public ErrorCode CreateAndDelete() => Write(OpCode.Create, _create) | Write(OpCode.Delete, _delete);

    /// <summary>Four sets in one transaction, counted as one.</summary>
    [Benchmark]
    public ErrorCode MultiOfFourSets() => Write(OpCode.Multi, _multis[Next()]);

    private int Next() => _at = (_at + 1) % Leaves;

    private ErrorCode Write(OpCode op, ReadOnlySpan<byte> record)
    {
        var outcome = Apply(new() { Kind = CommandKind.Write, Op = op, Session = _session, Attachment = 1, Sequence = ++_sequence, Body = record });
        Invariant.Holds(outcome.Verdict == Verdict.Applied && outcome.Error == ErrorCode.Ok);
        return outcome.Error;
    }

    private Outcome Apply(in Command command)
    {
        _index = _index.Next;
        _reply.Clear();
        return _machine.Apply(new(_index, new(1), new(1_000_000)), command, _changes, new(_reply));
    }

    private static void Multi(JuteWriter writer, int leaf, byte[] data)
    {
        for (var i = 0; i < MultiSets; i++)
        {
            MultiHeader.Write(writer, OpCode.SetData, (ErrorCode)(-1));
            Frames.SetData(writer, Path(Frames.Leaf((leaf + i) % Leaves)), data);
        }
        MultiHeader.WriteEnd(writer);
    }

    private static byte[] Path(string path) => Encoding.UTF8.GetBytes(path);
}
