using System.Text;

namespace Quorate.Client;

/// <summary>What can be asked of the service. Paths are absolute, below the chroot.</summary>
public sealed partial class ZooClient
{
    /// <summary>Any version: setData, delete and the like do not compare it.</summary>
    public const int AnyVersion = -1;

    private readonly OperationPool<CreatedZnode> _creates = new();
    private readonly OperationPool<Stat?> _existences = new();
    private readonly OperationPool<Stat> _stats = new();
    private readonly OperationPool<ZnodeData> _datas = new();
    private readonly OperationPool<ZnodeChildren> _lists = new();
    private readonly OperationPool<ZnodeAcl> _acls = new();
    private readonly OperationPool<int> _counts = new();
    private readonly OperationPool<IReadOnlyList<string>> _names = new();
    private readonly OperationPool<IReadOnlyList<ZooIdentity>> _identities = new();
    private readonly OperationPool<IReadOnlyList<TransactionResult>> _results = new();
    private readonly OperationPool<IReadOnlyList<ReadResult>> _readings = new();
    private readonly OperationPool<EnsembleConfig> _configs = new();
    private readonly OperationPool<bool> _answers = new();
    private readonly OperationPool<Nothing> _nothings = new();

    /// <summary>The result of what has none.</summary>
    private readonly record struct Nothing;

    /// <summary>Creates a znode.</summary>
    /// <param name="path">Its path; its parent exists and is not ephemeral. A sequential one gets a number of ten digits behind it.</param>
    /// <param name="data">Its data, at most about the servers' jute.maxbuffer.</param>
    /// <param name="kind">What becomes of it. Containers are deleted some time after their last child.</param>
    /// <param name="acl">Who may do what; <see cref="AclRule.Open"/> unless given.</param>
    /// <param name="timeToLive">
    /// For the two kinds with a time to live: how long the znode stays untouched and without children before it is deleted.
    /// </param>
    /// <param name="cancellation">Gives up waiting; the create may still be carried out.</param>
    /// <exception cref="NodeExistsException">There is such a znode.</exception>
    /// <exception cref="NoNodeException">The parent does not exist.</exception>
    /// <exception cref="UnknownOutcomeException">The connection broke: it may or may not have been created.</exception>
    public ValueTask<CreatedZnode> CreateAsync(
        string path, ReadOnlyMemory<byte> data = default, ZnodeKind kind = ZnodeKind.Persistent, IReadOnlyList<AclRule>? acl = null,
        TimeSpan? timeToLive = null, CancellationToken cancellation = default)
    {
        var isSequential = kind is ZnodeKind.PersistentSequential or ZnodeKind.EphemeralSequential or ZnodeKind.PersistentSequentialTtl;
        Check(path, isSequential);
        var op = CreateRecords.OperationOf(kind, timeToLive);
        var operation = _creates.Rent(op, path, static (in answer, ref reader) =>
        {
            var created = CreateReply.Read(ref reader, OpCode.Create2);
            return new(ZnodePath.Read(created.Path, answer.ChrootBytes), created.Stat);
        });
        CreateRecords.Write(new(operation.Record), _servers.Chroot, path, data.Span, kind, acl, timeToLive);
        return Begin(operation, cancellation);
    }

    /// <summary>Sees to it that a znode exists, and everything above it: what does not is created, persistent and without data.</summary>
    public Task EnsureExistsAsync(string path, CancellationToken cancellation = default)
    {
        Check(path);
        return CreateAncestors(_servers.Chroot, path, cancellation);
    }

    /// <summary>Deletes a znode that has no children.</summary>
    /// <exception cref="NoNodeException">There is none.</exception>
    /// <exception cref="BadVersionException">It has another version.</exception>
    /// <exception cref="NotEmptyException">It has children.</exception>
    public ValueTask DeleteAsync(string path, int version = AnyVersion, CancellationToken cancellation = default)
    {
        Check(path);
        var operation = _nothings.Rent(OpCode.Delete, path, static (in _, ref _) => default);
        Named(operation).Int(version);
        return BeginPlain(operation, cancellation);
    }

    /// <summary>The Stat of a znode; null if there is none.</summary>
    public ValueTask<Stat?> ExistsAsync(string path, CancellationToken cancellation = default)
    {
        Check(path);
        return Begin(Existence(path, watch: false), cancellation);
    }

    /// <summary>The data and Stat of a znode.</summary>
    /// <exception cref="NoNodeException">There is none.</exception>
    public ValueTask<ZnodeData> GetDataAsync(string path, CancellationToken cancellation = default)
    {
        Check(path);
        return Begin(Content(path, watch: false), cancellation);
    }

    /// <summary>Replaces the data of a znode; the new Stat.</summary>
    /// <exception cref="NoNodeException">There is none.</exception>
    /// <exception cref="BadVersionException">It has another version: somebody else has set it.</exception>
    public ValueTask<Stat> SetDataAsync(
        string path, ReadOnlyMemory<byte> data, int version = AnyVersion, CancellationToken cancellation = default)
    {
        Check(path);
        var operation = _stats.Rent(OpCode.SetData, path, static (in _, ref reader) => Stat.Read(ref reader));
        var writer = Named(operation);
        writer.Buffer(data.Span);
        writer.Int(version);
        return Begin(operation, cancellation);
    }

    /// <summary>The children of a znode and its Stat.</summary>
    /// <exception cref="NoNodeException">There is none.</exception>
    public ValueTask<ZnodeChildren> GetChildrenAsync(string path, CancellationToken cancellation = default)
    {
        Check(path);
        return Begin(Listing(path, watch: false), cancellation);
    }

    /// <summary>How many znodes there are below one, at any depth.</summary>
    public ValueTask<int> CountDescendantsAsync(string path, CancellationToken cancellation = default)
    {
        Check(path);
        var operation = _counts.Rent(OpCode.GetAllChildrenNumber, path, static (in _, ref reader) => reader.Int());
        Named(operation);
        return Begin(operation, cancellation);
    }

    /// <summary>The ephemerals of this session at or below a path.</summary>
    public ValueTask<IReadOnlyList<string>> GetEphemeralsAsync(string prefix = "/", CancellationToken cancellation = default)
    {
        Check(prefix);
        var operation = _names.Rent(OpCode.GetEphemerals, prefix, static (in answer, ref reader) =>
            Names(PathList.Read(ref reader), answer.ChrootBytes));
        Named(operation);
        return Begin(operation, cancellation);
    }

    /// <summary>The access control list of a znode.</summary>
    public ValueTask<ZnodeAcl> GetAclAsync(string path, CancellationToken cancellation = default)
    {
        Check(path);
        var operation = _acls.Rent(OpCode.GetAcl, path, static (in _, ref reader) =>
        {
            var reply = AclReply.Read(ref reader);
            var rules = new List<AclRule>(reply.Acl.Count);
            foreach (var entry in reply.Acl)
                rules.Add(new(entry.Permissions, Encoding.UTF8.GetString(entry.Scheme), Encoding.UTF8.GetString(entry.Id)));
            return new(rules, reply.Stat);
        });
        Named(operation);
        return Begin(operation, cancellation);
    }

    /// <summary>
    /// Replaces the access control list of a znode; the new Stat. <paramref name="aclVersion"/> is compared with Stat.Aversion.
    /// </summary>
    /// <exception cref="InvalidAclException">The list is empty, or an entry's id does not fit its scheme.</exception>
    public ValueTask<Stat> SetAclAsync(
        string path, IReadOnlyList<AclRule> acl, int aclVersion = AnyVersion, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(acl);
        Check(path);
        var operation = _stats.Rent(OpCode.SetAcl, path, static (in _, ref reader) => Stat.Read(ref reader));
        var writer = Named(operation);
        CreateRecords.WriteAcl(writer, acl);
        writer.Int(aclVersion);
        return Begin(operation, cancellation);
    }

    /// <summary>
    /// Completes when the server of this session has all writes that were acknowledged to anybody before the call; reads behind it see
    /// them.
    /// </summary>
    public ValueTask SyncAsync(CancellationToken cancellation = default)
    {
        Check("/");
        var operation = _nothings.Rent(OpCode.Sync, "/", static (in _, ref _) => default);
        Named(operation);
        return BeginPlain(operation, cancellation);
    }

    /// <summary>
    /// Shows an identity: for the scheme digest <c>user:password</c>. It is shown to every further server of this session.
    /// </summary>
    /// <exception cref="AuthFailedException">It was not accepted, and the session is over.</exception>
    public ValueTask AddAuthAsync(string scheme, ReadOnlyMemory<byte> credential, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        Check("/");
        var operation = _nothings.Rent(OpCode.Auth, null, static (in _, ref _) => default);
        RequestRecord.Auth(new(operation.Record), Encoding.UTF8.GetBytes(scheme), credential.Span);
        return BeginPlain(operation, cancellation);
    }

    /// <summary>The identities of this session, as its server sees them.</summary>
    public ValueTask<IReadOnlyList<ZooIdentity>> WhoAmIAsync(CancellationToken cancellation = default)
    {
        Check("/");
        return Begin(_identities.Rent(OpCode.WhoAmI, null, static (in _, ref reader) =>
        {
            var identities = new List<ZooIdentity>();
            for (var left = reader.Count(out var _); left > 0 && !reader.Failed; left--)
                identities.Add(new(Encoding.UTF8.GetString(reader.NonNull()), Encoding.UTF8.GetString(reader.NonNull())));
            return identities;
        }), cancellation);
    }

    /// <summary>Several writes, all or nothing.</summary>
    public ZooTransaction Transaction() => new(this, _servers.Chroot);

    /// <summary>Several reads in one request.</summary>
    public ZooReading Reading() => new(this, _servers.Chroot);

    /// <summary>Who the members of the ensemble are.</summary>
    public ValueTask<EnsembleConfig> GetConfigAsync(CancellationToken cancellation = default)
    {
        Check("/");
        return Begin(Config(watch: false), cancellation);
    }

    /// <summary>Changes who the members of the ensemble are; done when the former members are not needed any more.</summary>
    /// <exception cref="ReconfigRefusedException">
    /// It is switched off, another one is under way, or who joins is not connected or up to date.
    /// </exception>
    /// <exception cref="BadVersionException">The members have changed since <see cref="EnsembleChange.Version"/>.</exception>
    /// <exception cref="NoAuthException">The session may not write /zookeeper/config; by default nobody but the super user may.</exception>
    public ValueTask<EnsembleConfig> ReconfigAsync(EnsembleChange change, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        Check("/");
        var operation = _configs.Rent(OpCode.Reconfig, null, EnsembleConfig.Read);
        change.Write(new(operation.Record));
        return Begin(operation, cancellation);
    }

    internal ValueTask<IReadOnlyList<TransactionResult>> CommitAsync(
        ReadOnlySpan<byte> record, string paths, CancellationToken cancellation)
    {
        Check("/");
        var operation = _results.Rent(OpCode.Multi, paths, ZooTransaction.Read);
        operation.Record.Append(record);
        return Begin(operation, cancellation);
    }

    internal ValueTask<IReadOnlyList<ReadResult>> ReadAsync(ReadOnlySpan<byte> record, CancellationToken cancellation)
    {
        Check("/");
        var operation = _readings.Rent(OpCode.MultiRead, null, ZooReading.Read);
        operation.Record.Append(record);
        return Begin(operation, cancellation);
    }

    private Operation<Stat?> Existence(string path, bool watch)
    {
        var operation = _existences.Rent(OpCode.Exists, path, static (in answer, ref reader) =>
            answer.Error == ErrorCode.NoNode ? (Stat?)null : Stat.Read(ref reader), accepted: ErrorCode.NoNode);
        Named(operation).Bool(watch);
        return operation;
    }

    private Operation<ZnodeData> Content(string path, bool watch)
    {
        var operation = _datas.Rent(OpCode.GetData, path, static (in _, ref reader) =>
        {
            var reply = DataReply.Read(ref reader);
            return new(reply.Data.ToArray(), reply.Stat);
        });
        Named(operation).Bool(watch);
        return operation;
    }

    /// <summary>The members' znode lies outside of any chroot.</summary>
    private Operation<EnsembleConfig> Config(bool watch)
    {
        var operation = _configs.Rent(OpCode.GetData, EnsembleConfig.Path, EnsembleConfig.Read);
        var writer = new JuteWriter(operation.Record);
        ZnodePath.Write(writer, "", EnsembleConfig.Path);
        writer.Bool(watch);
        return operation;
    }

    private Operation<ZnodeChildren> Listing(string path, bool watch)
    {
        var operation = _lists.Rent(OpCode.GetChildren2, path, static (in _, ref reader) =>
        {
            var reply = ChildrenReply.Read(ref reader, OpCode.GetChildren2);
            return new(Names(reply.Children, chrootBytes: 0, areNames: true), reply.Stat);
        });
        Named(operation).Bool(watch);
        return operation;
    }

    /// <summary>Makes a znode and everything above it that does not exist yet.</summary>
    private async Task CreateAncestors(string chroot, string path, CancellationToken cancellation)
    {
        for (var end = path.IndexOf('/', 1); ; end = path.IndexOf('/', end + 1))
        {
            var ancestor = end < 0 ? path : path[..end];
            var operation = _nothings.Rent(OpCode.Create, ancestor, static (in _, ref _) => default, accepted: ErrorCode.NodeExists);
            CreateRecords.Write(new(operation.Record), chroot, ancestor, default, ZnodeKind.Persistent, null, null);
            try
            {
                await Begin(operation, cancellation);
            }
            catch (NoAuthException) when (end >= 0)
            {
                // It may be there, only not for us to create. If it is not, the next one says so.
            }
            if (end < 0)
                return;
        }
    }

    private static string[] Names(PathList list, int chrootBytes, bool areNames = false)
    {
        var names = new string[list.Count];
        var at = 0;
        foreach (var name in list)
            names[at++] = areNames ? Encoding.UTF8.GetString(name) : ZnodePath.Read(name, chrootBytes);
        return names;
    }

    /// <summary>Begins an operation's record with its path.</summary>
    private JuteWriter Named(Operation operation)
    {
        var writer = new JuteWriter(operation.Record);
        ZnodePath.Write(writer, _servers.Chroot, operation.Path!);
        return writer;
    }

    private void Check(string path, bool isSequential = false)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Volatile.Read(ref _isDisposed) != 0)
            throw AfterDispose();
        if (ZnodePath.Fault(path, isSequential) is { } fault)
            throw new ArgumentException($"'{path}' is not a path of a znode: it {fault}.", nameof(path));
    }

    /// <summary>
    /// Whoever has it from a <see cref="QuorateConnection"/>, which disposes of clients whose session is over, is told of the session: that of the
    /// two is the news, and what code that goes on in the next session waits for.
    /// </summary>
    private Exception AfterDispose() => State is SessionState.Expired or SessionState.AuthFailed
        ? Problems.Over(State, OpCode.CreateSession)
        : new ObjectDisposedException(GetType().FullName);

    private ValueTask<T> Begin<T>(Operation<T> operation, CancellationToken cancellation)
    {
        if (!MayBegin(operation, cancellation, out var problem))
            return problem is null ? ValueTask.FromCanceled<T>(cancellation) : ValueTask.FromException<T>(problem);
        if (ClientTelemetry.IsObserved)
            return Observed(operation, cancellation);
        var task = operation.AsTask(this, cancellation);
        Submit(operation);
        return task;
    }

    private ValueTask BeginPlain(Operation<Nothing> operation, CancellationToken cancellation)
    {
        if (!MayBegin(operation, cancellation, out var problem))
            return problem is null ? ValueTask.FromCanceled(cancellation) : ValueTask.FromException(problem);
        if (ClientTelemetry.IsObserved)
            return new(Observed(operation, cancellation).AsTask());
        var task = operation.AsPlainTask(this, cancellation);
        Submit(operation);
        return task;
    }

    private async ValueTask<T> Observed<T>(Operation<T> operation, CancellationToken cancellation)
    {
        using var observation = ClientTelemetry.Begin(operation.Op, operation.Path, Time);
        var task = operation.AsTask(this, cancellation);
        Submit(operation);
        try
        {
            return await task;
        }
        catch (Exception problem)
        {
            observation.Fail(problem);
            throw;
        }
    }

    /// <summary>Whether an operation may begin; one that may not goes back to its pool, and nothing was sent.</summary>
    private bool MayBegin<T>(Operation<T> operation, CancellationToken cancellation, out ZooException? problem)
    {
        var most = _options.FrameBytes - RequestHeader.Length;
        problem = operation.Record.Length <= most
            ? null
            : new RequestTooLongException(operation.Op, operation.Path, operation.Record.Length, most);
        if (problem is null && !cancellation.IsCancellationRequested)
            return true;
        operation.Drop();
        return false;
    }
}
