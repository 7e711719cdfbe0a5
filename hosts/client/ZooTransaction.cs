using System.Text;

namespace Quorate.Client;

/// <summary>Several writes that take effect together or not at all, in one step that nobody sees the middle of.</summary>
/// <remarks>Built by chaining, then sent once by <see cref="CommitAsync"/>; not for several threads.</remarks>
public sealed class ZooTransaction
{
    private readonly ZooClient _client;
    private readonly Arena _record = new(256, 64 << 10);
    private readonly List<(OpCode Op, string Path)> _operations = [];
    private readonly string _chroot;
    private bool _isSent;

    internal ZooTransaction(ZooClient client, string chroot) => (_client, _chroot) = (client, chroot);

    /// <summary>Creates a znode; its result has the path, with its number if it is sequential.</summary>
    public ZooTransaction Create(
        string path, ReadOnlyMemory<byte> data = default, ZnodeKind kind = ZnodeKind.Persistent, IReadOnlyList<AclRule>? acl = null, TimeSpan? timeToLive = null)
    {
        var isSequential = kind is ZnodeKind.PersistentSequential or ZnodeKind.EphemeralSequential or ZnodeKind.PersistentSequentialTtl;
        var writer = Add(CreateRecords.OperationOf(kind, timeToLive), path, isSequential);
        CreateRecords.Write(writer, _chroot, path, data.Span, kind, acl, timeToLive);
        return this;
    }

    /// <summary>Deletes a znode.</summary>
    public ZooTransaction Delete(string path, int version = ZooClient.AnyVersion) => AddVersioned(OpCode.Delete, path, version);

    /// <summary>Fails the transaction unless the znode exists and has this version.</summary>
    public ZooTransaction Check(string path, int version = ZooClient.AnyVersion) => AddVersioned(OpCode.Check, path, version);

    /// <summary>Replaces the data of a znode; its result has the new Stat.</summary>
    public ZooTransaction SetData(string path, ReadOnlyMemory<byte> data, int version = ZooClient.AnyVersion)
    {
        var writer = Add(OpCode.SetData, path);
        ZnodePath.Write(writer, _chroot, path);
        writer.Buffer(data.Span);
        writer.Int(version);
        return this;
    }

    /// <summary>Sends it. One result for each operation, in their order.</summary>
    /// <exception cref="TransactionFailedException">An operation failed, and nothing was done.</exception>
    /// <exception cref="UnknownOutcomeException">The connection broke: all or nothing of it has been done.</exception>
    public async Task<IReadOnlyList<TransactionResult>> CommitAsync(CancellationToken cancellation = default)
    {
        if (_isSent)
            throw new InvalidOperationException("The transaction was sent already; a new one needs a new ZooTransaction.");
        _isSent = true;
        if (_operations.Count == 0)
            return [];
        MultiHeader.WriteEnd(new(_record));
        var results = await _client.CommitAsync(_record.Written, string.Join(", ", _operations.Select(static operation => operation.Path)), cancellation);
        for (var i = 0; i < results.Count; i++)
            if (results[i].Error is not (ErrorCode.Ok or ErrorCode.RuntimeInconsistency))
                throw new TransactionFailedException(i, Problems.Of(results[i].Error, _operations[i].Op, _operations[i].Path), results);
        return results;
    }

    internal static IReadOnlyList<TransactionResult> Read(in Answer answer, ref JuteReader reader)
    {
        var results = new List<TransactionResult>();
        var reply = new MultiReply(answer.Body);
        while (reply.MoveNext())
            results.Add(new(
                reply.Current.Error,
                reply.Current.Path.IsEmpty ? null : ZnodePath.Read(reply.Current.Path, answer.ChrootBytes),
                reply.Current.Op is OpCode.Create2 or OpCode.SetData ? reply.Current.Stat : null));
        if (reply.Failed)
            reader.Fail();
        return results;
    }

    /// <summary>Begins with the guard of a tenure, which checks the znode at <paramref name="path"/>.</summary>
    internal ZooTransaction Behind(Guard guard, string path)
    {
        guard.Begin(new(_record));
        _operations.Add((OpCode.Check, path));
        return this;
    }

    private ZooTransaction AddVersioned(OpCode op, string path, int version)
    {
        var writer = Add(op, path);
        ZnodePath.Write(writer, _chroot, path);
        writer.Int(version);
        return this;
    }

    private JuteWriter Add(OpCode op, string path, bool isSequential = false)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (ZnodePath.Fault(path, isSequential) is { } fault)
            throw new ArgumentException($"'{path}' is not a path of a znode: it {fault}.", nameof(path));
        _operations.Add((op, path));
        var writer = new JuteWriter(_record);
        RequestRecord.Operation(writer, op);
        return writer;
    }
}

/// <summary>What one operation of a transaction came to.</summary>
/// <param name="Error">Ok, or why it failed; of a failed transaction RuntimeInconsistency for those that were not tried.</param>
/// <param name="Path">The path that a create made.</param>
/// <param name="Stat">The Stat, where the server sends one: of setData always, of creates from level 3.5 on.</param>
public readonly record struct TransactionResult(ErrorCode Error, string? Path, Stat? Stat);

/// <summary>An operation of a transaction failed, so nothing of it was done.</summary>
public sealed class TransactionFailedException : ZooException
{
    internal TransactionFailedException(int failed, ZooException problem, IReadOnlyList<TransactionResult> results)
        : base(problem.Code, OpCode.Multi, problem.Path, $"Operation {failed} of the transaction failed, and nothing was done: {problem.Message}") =>
        (Failed, Problem, Results) = (failed, problem, results);

    /// <summary>Which operation, counted from 0.</summary>
    public int Failed { get; }

    /// <summary>How it would have failed alone.</summary>
    public ZooException Problem { get; }

    /// <summary>One result for each operation.</summary>
    public IReadOnlyList<TransactionResult> Results { get; }
}
