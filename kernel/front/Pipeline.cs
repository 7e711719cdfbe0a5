using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>
/// The order within one connection. Each request takes its place in the connection's queue, and replies leave in that order.
/// </summary>
/// <remarks>
/// A write is proposed at once and answered as it is applied. A read waits until it is promised (<see cref="Shares"/>) and everything before
/// it is answered or is itself a read whose turn has come; then it is ready. Nothing is proposed past a read that is not promised.
/// <para>
/// Two rules keep a read from seeing the future and a reply from showing an older zxid than the last: an entry of a session is not applied
/// while a read before it is ready and unanswered (A1), and a write behind an unanswered sync is not proposed until the sync is answered
/// (A12). Together they make every write's turn come when it is applied: nothing can stand before it.
/// </para>
/// <para>
/// What cannot be decoded is refused where ZooKeeper refuses it: a write's record by the machine, since that takes a zxid; a read's here.
/// </para>
/// </remarks>
internal sealed class Pipeline(
    Settings settings,
    Incarnation incarnation,
    Machine machine,
    IReplication replication,
    Connections connections,
    Touches touches,
    Throttle throttle,
    Backlog backlog,
    ReadyReads ready,
    Shares shares,
    Watches watches,
    WatchRequests watchRequests,
    ServerStatistics statistics)
{
    private const int PingXid = -2;
#if MUTANTS
    private readonly List<(Connection Connection, byte[] Path, WatchKinds Kind)> _late = [];
#endif

    private (Connection Connection, ulong Sequence, byte[] Reply)? _reconfigured;   // applied, and not complete yet

    /// <summary>Takes a request of a connection whose session is up.</summary>
    public void Take(Connection connection, RequestHeader header, ReadOnlySpan<byte> record, Effects effects)
    {
        var last = connection.Requests.Count;
        ref var request = ref connection.Requests.Enqueue(new()
        {
            Kind = KindOf(header.Op, record),
            Xid = header.Xid,
            Op = header.Op,
            Length = record.Length,
            Position = Request.Nowhere,
            Received = connections.Now.Instant,
        });
        throttle.Took(connection, RequestHeader.Length + record.Length, effects);
        switch (request.Kind)
        {
            case RequestKind.Read:
                TakeRead(connection, ref request, last, record);
                break;
            case RequestKind.Write:
                TakeWrite(connection, ref request, last, record, effects);
                break;
            default:
                request.Position = connection.Records.Append(record);
                request.Number = touches.Synced(connection);
                break;
        }
    }

    /// <summary>Whether an entry may be applied now: no earlier read of its session waits for its answer (A1).</summary>
#if MUTANTS
    public bool MayApply(in Command command) => Mutant.Is(Mutants.ReadsNotWaitedFor) || connections.Carrying(command.Session) is not { Ready: > 0 };
#else
    public bool MayApply(in Command command) => connections.Carrying(command.Session) is not { Ready: > 0 };
#endif

    /// <summary>A write or close of a connection was applied: replies, and lets what waited behind it go on.</summary>
    public void Applied(Connection connection, in Command command, in Outcome outcome, ReadOnlySpan<byte> body, Effects effects)
    {
        Invariant.Holds(connection.Ready == 0);
        ref readonly var request = ref connection.Requests[0];
        Invariant.Holds(request.Kind == RequestKind.Write && request.Number == command.Sequence);
        if (outcome.Error is ErrorCode.SessionMoved or ErrorCode.SessionExpired)
        {
            connections.HangUp(connection, effects);   // neither is ever told; the client learns it where it connects next
            return;
        }
        if (command.Op == OpCode.Reconfig && outcome.Error == ErrorCode.Ok)
        {
            _reconfigured = (connection, command.Sequence, body.ToArray());
            return;
        }
        Reply(connection, request.Xid, outcome.Zxid, outcome.Error, body, effects);
        if (command.Kind == CommandKind.CloseSession)
            connections.HangUp(connection, effects);
        else
            Advance(connection, effects);
    }

    /// <summary>
    /// A change of membership is complete: whoever asked for it is told (B9). The header shows the zxid of now, since greater ones than that of
    /// the reconfig may have been shown on this connection by events and pongs; version and Stat in the reply are those of the reconfig.
    /// </summary>
    public void MembershipChanged(Effects effects)
    {
        if (_reconfigured is not var (connection, sequence, body))
            return;
        _reconfigured = null;
        if (connection.IsGone || connection.Requests.Count == 0 || connection.Requests[0] is not { Kind: RequestKind.Write } request || request.Number != sequence)
            return;
        Reply(connection, request.Xid, machine.Zxid, ErrorCode.Ok, body, effects);
        Advance(connection, effects);
    }

    /// <summary>A confirmation round has ended: pongs and syncs registered for it may leave.</summary>
    public void Confirmed(ulong round, Effects effects)
    {
        touches.Confirm(round);
        while (touches.TryTake(out var waiter))
            if (waiter.Connection.IsGone)
                continue;
            else if (waiter.IsPong)
                Pong(waiter, effects);
            else
                Advance(waiter.Connection, effects);
    }

    /// <summary>Joins the answers of the first reads to the output, in read order, and arms their watches.</summary>
    public void FinishReads(int answered, Effects effects)
    {
        var batch = ready.Take(answered);
        foreach (ref readonly var read in batch)
            if (!read.Connection.IsGone)
                Finish(read, effects);
#if MUTANTS
        foreach (var (connection, path, kind) in _late)
            if (!connection.IsGone)
                watches.Arm(connection, path, kind, effects);
        _late.Clear();
#endif
        ready.Joined(batch);
    }

    /// <summary>A batch begins: connections that had their share of the last one go on.</summary>
    public void ShareAnew(Effects effects)
    {
        shares.Renew();
        while (shares.TryTake(out var connection))
            if (!connection.IsGone)
                Advance(connection, effects);
    }

    /// <summary>A client that did not read does again.</summary>
    public void GoOn(Connection connection, Effects effects) => Advance(connection, effects);

    /// <summary>Proposes and promises what a connection asked for, as far as may be.</summary>
    public void Propose(Connection connection, Effects effects)
    {
        while (connection.Proposed < connection.Requests.Count && !IsChangingMembers(connection))
        {
            ref var request = ref connection.Requests[connection.Proposed];
#if MUTANTS
            if (request.Kind == RequestKind.Sync && Mutant.Is(Mutants.WritesPassSyncs))
            {
                connection.Proposed++;
                continue;
            }
#endif
            if (request.Kind == RequestKind.Sync || !IsConfirmed(request))
                return;
            if (request.Kind == RequestKind.Write)
            {
                if (!replication.MayPropose)
                {
                    backlog.Wait(connection, effects);
                    return;
                }
                Propose(connection, ref request, connection.Records.Read(request.Position, request.Length));
            }
            else if (!shares.MayPromise(connection))
                return;
            else
                connection.Promised++;
            connection.Proposed++;
        }
    }

    /// <summary>Proposes the writes of a connection that is gone: nobody is left for whom they would have to wait behind reads.</summary>
    public void ProposeRest(Connection connection)
    {
        for (; connection.Proposed < connection.Requests.Count && replication.MayPropose && !IsChangingMembers(connection); connection.Proposed++)
        {
            ref var request = ref connection.Requests[connection.Proposed];
            if (request.Kind == RequestKind.Write)
                Propose(connection, ref request, connection.Records.Read(request.Position, request.Length));
        }
    }

    private void Reply(Connection connection, int xid, Zxid zxid, ErrorCode error, ReadOnlySpan<byte> body, Effects effects)
    {
        var start = effects.Writer.BeginFrame();
        ReplyHeader.Write(effects.Writer, xid, zxid, error);
        effects.Writer.Raw(body);
        effects.Writer.EndFrame(start);
        statistics.ResponseSize.Add(body.Length);
        connections.Reply(connection, start, effects);
        Answered(connection, zxid, effects);
    }

    private void TakeRead(Connection connection, ref Request request, int last, ReadOnlySpan<byte> record)
    {
        if (IsUnknown(request.Op))
            connection.State = ConnectionState.Closing;
#if MUTANTS
        else if (Mutant.Is(Mutants.SettingIgnored))
            request.Number = 0;
#endif
        else if (settings.LinearizableReads)
            request.Number = touches.Synced(connection);
        var promised = connection.Proposed == last && !IsChangingMembers(connection) && IsConfirmed(request) && shares.MayPromise(connection);
        if (promised)
        {
            connection.Proposed++;
            connection.Promised++;
        }
        if (!promised || connection.Ready < last)
        {
            request.Position = connection.Records.Append(record);
            return;
        }
        request.Position = ready.Keep(record);
        request.InBatch = true;
        connection.Ready++;
        ready.Add(connection, request);
    }

    private void TakeWrite(Connection connection, ref Request request, int last, ReadOnlySpan<byte> record, Effects effects)
    {
        if (request.Op == OpCode.CloseSession)
            connection.State = ConnectionState.Closing;
        var isNext = connection.Proposed == last && !IsChangingMembers(connection);
        if (isNext && replication.MayPropose)
        {
            connection.Proposed++;
            Propose(connection, ref request, record);
            return;
        }
        request.Position = connection.Records.Append(record);
        if (isNext)
            backlog.Wait(connection, effects);
    }

    private void Propose(Connection connection, ref Request request, ReadOnlySpan<byte> record)
    {
        request.Number = ++connection.LastSequence;
        replication.Propose(new()
        {
            Kind = request.Op == OpCode.CloseSession ? CommandKind.CloseSession : CommandKind.Write,
            Op = request.Op,
            Origin = settings.Id,
            Incarnation = incarnation,
            Session = connection.Session,
            Attachment = connection.Attachment,
            Sequence = request.Number,
            Identities = connection.Identities,
            Body = record,
        });
    }

    /// <summary>Nothing is proposed past an unanswered reconfig: the leader keeps it for a while, and its reply comes later than its entry.</summary>
    private static bool IsChangingMembers(Connection connection) =>
        connection.Proposed > 0 && connection.Requests[connection.Proposed - 1] is { Kind: RequestKind.Write, Op: OpCode.Reconfig };

    /// <summary>A read that has to see everything that was answered before it came waits for its round, and writes behind it wait with it (A12).</summary>
    private bool IsConfirmed(in Request request) => request.Kind != RequestKind.Read || touches.IsConfirmed(request.Number);

    /// <summary>Lets every request go on whose turn has come.</summary>
    private void Advance(Connection connection, Effects effects)
    {
        while (true)
        {
            Propose(connection, effects);
            for (; connection.Ready < connection.Proposed; connection.Ready++)
            {
                ref readonly var request = ref connection.Requests[connection.Ready];
                if (request.Kind != RequestKind.Read)
                    break;
                ready.Add(connection, request);
            }
            if (connection.Ready > 0 || connection.Requests.Count == 0)
                return;
            ref readonly var first = ref connection.Requests[0];
            if (first.Kind != RequestKind.Sync || !touches.IsConfirmed(first.Number))
                return;
            AnswerSync(connection, first, effects);
        }
    }

    private void AnswerSync(Connection connection, in Request request, Effects effects)
    {
        var reader = new JuteReader(connection.Records.Read(request.Position, request.Length));
        var sync = PathRequest.Read(ref reader);
        var start = effects.Writer.BeginFrame();
        ReplyHeader.Write(effects.Writer, request.Xid, machine.Zxid, ErrorCode.Ok);
        EchoedText.Write(effects.Writer, sync.Path, sync.PathIsNull);
        effects.Writer.EndFrame(start);
        connections.Reply(connection, start, effects);
        Answered(connection, machine.Zxid, effects);
    }

    private void Pong(in Waiter waiter, Effects effects)
    {
        var start = effects.Arena.Length;
        ReplyHeader.WriteFrame(effects.Writer, PingXid, machine.Zxid, ErrorCode.Ok);
        connections.Reply(waiter.Connection, start, effects);
        connections.CountServed(waiter.Connection, OpCode.Ping, PingXid, machine.Zxid, waiter.Received);
        throttle.Answered(waiter.Connection, waiter.Bytes, effects);
    }

    private void Finish(in ReadyRead read, Effects effects)
    {
        var connection = read.Connection;
        ref readonly var request = ref read.Request;
        if (WatchRequests.Covers(request.Op))
            watchRequests.Execute(connection, request.Xid, request.Op, ready.Record(read), effects);
        else
            Join(read, effects);
        if (connection.IsGone)
            return;
        var isUnknown = IsUnknown(request.Op);
        connection.Ready--;
        Answered(connection, machine.Zxid, effects);
        if (isUnknown)
            connections.Refuse(connection, $"a request of the unknown type {(int)request.Op}", effects);
        else if (connection.Ready == 0)
        {
            shares.Kept(connection);
            Advance(connection, effects);
        }
    }

    private void Join(in ReadyRead read, Effects effects)
    {
        Invariant.Holds(read.Writer is not null);
        statistics.ResponseSize.Add(read.Answer.Length - sizeof(int) - ReplyHeader.Length);
        shares.Answered(read.Connection, read.Answer.Length);
        connections.Reply(read.Connection, effects.Arena.Append(read.Writer.Arena[read.Answer]), effects);
        if (read.Arming == Arming.None)
            return;
        var reader = new JuteReader(ready.Record(read));
        var kind = read.Arming == Arming.Data ? WatchKinds.Data : WatchKinds.Child;
#if MUTANTS
        if (Mutant.Is(Mutants.WatchesArmedLate))
        {
            _late.Add((read.Connection, ReadRequest.Read(ref reader).Path.ToArray(), kind));
            return;
        }
#endif
        watches.Arm(read.Connection, ReadRequest.Read(ref reader).Path, kind, effects);
    }

    /// <summary>The oldest request has its reply.</summary>
    private void Answered(Connection connection, Zxid zxid, Effects effects)
    {
        var request = connection.Requests.Dequeue();
        connection.Proposed = Math.Max(0, connection.Proposed - 1);
        if (request.Kind == RequestKind.Read)
            connection.Promised--;
        if (!request.InBatch && request.Position != Request.Nowhere)
            connection.Records.DropTo(request.Position + request.Length);
        connections.CountServed(connection, request.Op, request.Xid, zxid, request.Received);
        (request.Kind == RequestKind.Write ? statistics.Updates : statistics.Reads).Add(connections.Now.Instant - request.Received);
        throttle.Answered(connection, RequestHeader.Length + request.Length, effects);
    }

    private RequestKind KindOf(OpCode op, ReadOnlySpan<byte> record) => op switch
    {
        OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl or OpCode.Delete or OpCode.DeleteContainer or
            OpCode.SetData or OpCode.SetAcl or OpCode.Check or OpCode.Multi or OpCode.CloseSession => RequestKind.Write,
        OpCode.Reconfig => settings.ReconfigEnabled && IsReconfig(record) ? RequestKind.Write : RequestKind.Read,
        OpCode.Sync => IsPath(record) ? RequestKind.Sync : RequestKind.Read,
        _ => RequestKind.Read,
    };

    /// <summary>Whether a request that counts as a read is none that this server knows; its refusal ends the connection.</summary>
    private static bool IsUnknown(OpCode op) => op is not (
        OpCode.GetData or OpCode.Exists or OpCode.GetChildren or OpCode.GetChildren2 or OpCode.GetAcl or OpCode.MultiRead or
        OpCode.GetAllChildrenNumber or OpCode.GetEphemerals or OpCode.WhoAmI or OpCode.SetWatches or OpCode.SetWatches2 or
        OpCode.AddWatch or OpCode.RemoveWatches or OpCode.CheckWatches or OpCode.Reconfig or OpCode.Sync);

    private static bool IsReconfig(ReadOnlySpan<byte> record)
    {
        var reader = new JuteReader(record);
        ReconfigRequest.Read(ref reader);
        return !reader.Failed;
    }

    private static bool IsPath(ReadOnlySpan<byte> record)
    {
        var reader = new JuteReader(record);
        PathRequest.Read(ref reader);
        return !reader.Failed;
    }
}
