using System.Text;

namespace Quorate.Client;

/// <summary>Several reads in one request and one answer, each with an outcome of its own.</summary>
/// <remarks>Built by chaining, then sent once by <see cref="ReadAsync"/>; not for several threads.</remarks>
public sealed class ZooReading
{
    private readonly ZooClient _client;
    private readonly Arena _record = new();
    private readonly List<(OpCode Op, string Path)> _operations = [];
    private readonly string _chroot;
    private bool _isSent;

    internal ZooReading(ZooClient client, string chroot) => (_client, _chroot) = (client, chroot);

    /// <summary>Reads the data and Stat of a znode.</summary>
    public ZooReading GetData(string path) => Add(OpCode.GetData, path);

    /// <summary>Reads the names of a znode's children.</summary>
    public ZooReading GetChildren(string path) => Add(OpCode.GetChildren, path);

    /// <summary>
    /// Sends it. One result for each read, in their order; that one has failed is said there, and does not concern the others.
    /// </summary>
    public async Task<IReadOnlyList<ReadResult>> ReadAsync(CancellationToken cancellation = default)
    {
        if (_isSent)
            throw new InvalidOperationException("This was sent already; a new one needs a new ZooReading.");
        _isSent = true;
        if (_operations.Count == 0)
            return [];
        MultiHeader.WriteEnd(new(_record));
        var results = await _client.ReadAsync(_record.Written, cancellation);
        for (var i = 0; i < Math.Min(results.Count, _operations.Count); i++)
            results[i].Asked(_operations[i].Op, _operations[i].Path);
        return results.Count == _operations.Count ? results : throw Problems.Undecodable(OpCode.MultiRead, null, null);
    }

    internal static IReadOnlyList<ReadResult> Read(in Answer answer, ref JuteReader reader)
    {
        var results = new List<ReadResult>();
        var reply = new MultiReply(answer.Body);
        while (reply.MoveNext())
            results.Add(ReadResult.Of(reply.Current));
        if (reply.Failed)
            reader.Fail();
        return results;
    }

    private ZooReading Add(OpCode op, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (ZnodePath.Fault(path) is { } fault)
            throw new ArgumentException($"'{path}' is not a path of a znode: it {fault}.", nameof(path));
        _operations.Add((op, path));
        var writer = new JuteWriter(_record);
        RequestRecord.Operation(writer, op);
        ZnodePath.Write(writer, _chroot, path);
        writer.Bool(false);   // servers set no watches here
        return this;
    }
}

/// <summary>What one of several reads came to.</summary>
public sealed class ReadResult
{
    private byte[] _data = [];
    private IReadOnlyList<string> _children = [];
    private Stat _stat;

    private ReadResult()
    {
    }

    /// <summary>Ok, or why it failed.</summary>
    public ErrorCode Error { get; private init; }

    /// <summary>What was read, data or children: GetData or GetChildren.</summary>
    public OpCode Operation { get; private set; }

    /// <summary>Of which znode.</summary>
    public string Path { get; private set; } = "";

    /// <summary>The data that were read; empty for null.</summary>
    /// <exception cref="ZooException">The read has failed, with this.</exception>
    public byte[] Data => Given(_data);

    /// <summary>The Stat that was read with the data; servers send none with the children.</summary>
    /// <exception cref="ZooException">The read has failed, with this.</exception>
    public Stat Stat => Given(_stat);

    /// <summary>The names of the children that were read, in no order.</summary>
    /// <exception cref="ZooException">The read has failed, with this.</exception>
    public IReadOnlyList<string> Children => Given(_children);

    internal static ReadResult Of(in MultiResult result)
    {
        var names = new List<string>(result.Children.Count);
        foreach (var name in result.Children)
            names.Add(Encoding.UTF8.GetString(name));
        return new()
        {
            Error = result.Op == OpCode.Error ? result.Error : ErrorCode.Ok,
            _data = result.Data.ToArray(),
            _children = names,
            _stat = result.Stat,
        };
    }

    internal void Asked(OpCode op, string path) => (Operation, Path) = (op, path);

    private T Given<T>(T value) => Error == ErrorCode.Ok ? value : throw Problems.Of(Error, Operation, Path);
}
