using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>
/// A few znodes as a value: the specification that the search of <see cref="WingGong"/> tries orders on. It knows neither zxids nor times,
/// only what one operation makes of the state before it and what it then answers.
/// </summary>
internal sealed class IslandModel
{
    private sealed record Node(byte[]? Data, int Version, int Creates, int Children, ulong Print);

    public static readonly IslandModel Empty = new(ImmutableDictionary.Create<string, Node>(StringComparer.Ordinal), 0);

    private readonly ImmutableDictionary<string, Node> _nodes;

    private IslandModel(ImmutableDictionary<string, Node> nodes, ulong print) => (_nodes, Print) = (nodes, print);

    /// <summary>Equal for equal states, and as good as never for others.</summary>
    public ulong Print { get; }

    /// <summary>Whether the operation may be answered so in this state, and the state after it. Any answer will do for an unknown one.</summary>
    public bool TryStep(Request request, Answer? answer, out IslandModel next)
    {
        if (request is Request.Multi multi)
            return TryAll(multi, answer, out next);
        var expected = Answer(request, out next);
        return answer is null || (answer.Error == expected.Error && (answer.Error != ErrorCode.Ok || Agrees(expected, answer)));
    }

    /// <summary>What a single operation is answered in this state, and the state after it.</summary>
    public Answer Answer(Request request, out IslandModel next)
    {
        var error = Step(request, out next, out var answer);
        return error == ErrorCode.Ok ? answer : new(error, Zxid.Zero);
    }

    private bool TryAll(Request.Multi multi, Answer? answer, out IslandModel next)
    {
        next = this;
        for (var i = 0; i < multi.Parts.Count; i++)
        {
            var error = next.Step(multi.Parts[i], out var after, out var expected);
            var given = answer?.Parts?.ElementAtOrDefault(i);
            if (error != ErrorCode.Ok)
            {
                next = this;   // all or nothing
                return answer is null || given?.Error == error;
            }
            if (given is { Error: ErrorCode.Ok } && !Agrees(expected, given))
                return false;
            next = after;
        }
        return answer is null || answer.Parts!.All(part => part.Error == ErrorCode.Ok);
    }

    private ErrorCode Step(Request request, out IslandModel next, out Answer expected)
    {
        (next, expected) = (this, new(ErrorCode.Ok, Zxid.Zero));
        var node = _nodes.GetValueOrDefault(request.Path);
        switch (request)
        {
            case Request.Create create:
                return Create(create, out next, ref expected);
            case Request.Delete delete:
                if (node is null)
                    return ErrorCode.NoNode;
                if (delete.Version != -1 && delete.Version != node.Version)
                    return ErrorCode.BadVersion;
                if (node.Children > 0)
                    return ErrorCode.NotEmpty;
                next = With(delete.Path, null);
                if (next._nodes.GetValueOrDefault(PathRules.Parent(delete.Path)) is { } left)
                    next = next.With(PathRules.Parent(delete.Path), left with { Children = left.Children - 1 });
                return ErrorCode.Ok;
            case Request.SetData set:
                if (node is null)
                    return ErrorCode.NoNode;
                if (set.Version != -1 && set.Version != node.Version)
                    return ErrorCode.BadVersion;
                node = node with { Data = set.Data, Version = node.Version + 1 };
                next = With(set.Path, node);
                expected = expected with { Stat = StatOf(node) };
                return ErrorCode.Ok;
            case Request.Check check:
                return node is null ? ErrorCode.NoNode
                    : check.Version != -1 && check.Version != node.Version ? ErrorCode.BadVersion : ErrorCode.Ok;
            default:
                if (node is null)
                    return ErrorCode.NoNode;
                var lists = request.Op is OpCode.GetChildren or OpCode.GetChildren2;
                expected = expected with { Stat = StatOf(node), Data = node.Data, Names = lists ? NamesBelow(request.Path) : null };
                return ErrorCode.Ok;
        }
    }

    private ErrorCode Create(Request.Create create, out IslandModel next, ref Answer expected)
    {
        next = this;
        var above = PathRules.Parent(create.Path);
        var parent = _nodes.GetValueOrDefault(above);
        if (parent is null && above != PathRules.Root)
            return ErrorCode.NoNode;
        var isSequential = create.Flags is 2 or 3;
        var path = isSequential ? create.Path + parent!.Creates.ToString("D10", CultureInfo.InvariantCulture) : create.Path;
        if (_nodes.ContainsKey(path))
            return ErrorCode.NodeExists;
        var node = new Node(create.Data, 0, 0, 0, 0);
        next = With(path, node);
        if (parent is not null)
            next = next.With(above, parent with { Creates = parent.Creates + 1, Children = parent.Children + 1 });
        expected = expected with { Path = path, Stat = StatOf(node) };
        return ErrorCode.Ok;
    }

    private List<string> NamesBelow(string path) =>
        [.. _nodes.Keys.Where(other => other != path && PathRules.Parent(other) == path).Select(PathRules.Name).Order(StringComparer.Ordinal)];

    private IslandModel With(string path, Node? node)
    {
        var print = Print - (_nodes.TryGetValue(path, out var old) ? old.Print : 0);
        if (node is null)
            return new(_nodes.Remove(path), print);
        node = node with { Print = PrintOf(path, node) };
        return new(_nodes.SetItem(path, node), print + node.Print);
    }

    private static ulong PrintOf(string path, Node node)
    {
        var print = Mix.Bytes(MemoryMarshal.AsBytes(path.AsSpan()), Mix.Bytes(node.Data, node.Data is null ? 1UL : 2UL));
        print = Mix.Bits(print ^ ((ulong)node.Version << 32 | (uint)node.Creates));
        return Mix.Bits(print ^ (uint)node.Children);
    }

    /// <summary>What of a Stat the model knows.</summary>
    private static Stat StatOf(Node node) => new()
    {
        Czxid = default,
        Mzxid = default,
        Pzxid = default,
        Ctime = 0,
        Mtime = 0,
        Version = node.Version,
        Cversion = (2 * node.Creates) - node.Children,
        Aversion = 0,
        EphemeralOwner = default,
        DataLength = node.Data?.Length ?? 0,
        NumChildren = node.Children,
    };

    private static bool Agrees(Answer expected, Answer actual) =>
        (actual.Path is null || actual.Path == expected.Path)
        && (actual.Stat is not { } stat || Same(expected.Stat!.Value, stat))
        && (actual.Data is null || actual.Data.AsSpan().SequenceEqual(expected.Data))
        && (actual.Names is null || actual.Names.Order(StringComparer.Ordinal).SequenceEqual(expected.Names!));

    private static bool Same(Stat expected, Stat actual) => (expected.Version, expected.Cversion, expected.NumChildren, expected.DataLength)
        == (actual.Version, actual.Cversion, actual.NumChildren, actual.DataLength);
}
