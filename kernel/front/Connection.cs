using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>Where a client connection is in its life.</summary>
internal enum ConnectionState : byte
{
    /// <summary>Nothing has come from it yet.</summary>
    Fresh,
    /// <summary>Its session is being opened or attached.</summary>
    Connecting,
    /// <summary>Its session is up.</summary>
    Established,
    /// <summary>It takes no further requests: what it asked for ends it.</summary>
    Closing,
    /// <summary>Hung up, or gone by itself.</summary>
    Gone,
}

/// <summary>Why a connection is not read from at present.</summary>
[Flags]
internal enum HoldReasons : byte
{
    None = 0,
    /// <summary>Too much of its own is unanswered.</summary>
    Own = 1,
    /// <summary>Too much is unanswered in all.</summary>
    All = 2,
    /// <summary>Consensus takes no proposals at present, and it has one to make.</summary>
    Log = 4,
}

/// <summary>
/// One client connection. The object is its own generation: whoever still holds one that is <see cref="ConnectionState.Gone"/> can see so,
/// and its slot number may already be another's.
/// </summary>
internal sealed class Connection(ConnectionId id, int slot, byte[] endpoint, WallTime established)
{
    private byte[] _identities = [];

    public ConnectionId Id { get; } = id;

    /// <summary>Its number in the tables beside this one: watches, deadlines.</summary>
    public int Slot { get; } = slot;

    /// <summary>Address and port, for people.</summary>
    public byte[] Endpoint { get; } = endpoint;

    public WallTime Established { get; } = established;

    /// <summary>When it must have said what it wants.</summary>
    public Instant HandshakeDeadline { get; set; }

    public ConnectionState State { get; set; }

    public bool IsGone => State == ConnectionState.Gone;

    /// <summary>What it has proven so far.</summary>
    public ReadOnlySpan<byte> Identities => _identities;

    /// <summary>The session; before it is up, the one that is to be attached.</summary>
    public SessionId Session { get; set; }
    /// <summary>The session's row in the machine's table.</summary>
    public int Row { get; set; } = Sessions.None;
    public uint Attachment { get; set; }
    public int TimeoutMilliseconds { get; set; }
    /// <summary>The number of the last write proposed on this attachment.</summary>
    public ulong LastSequence { get; set; }
    /// <summary>Whether nothing has been received since the attach was granted (A5).</summary>
    public bool AwaitsFirstRequest { get; set; }

    /// <summary>Whether it is among those of whom the leader is to be told that they were heard from.</summary>
    public bool IsClaimed { get; set; }
    /// <summary>Whether the leader is also to be told that the owner knows what its newest attachment granted (A5).</summary>
    public bool ClaimsFirstRequest { get; set; }

    /// <summary>The session's password while the session is set up.</summary>
    public UInt128 Password { get; set; }
    /// <summary>Whether the ConnectRequest had the optional last byte.</summary>
    public bool HasReadOnly { get; set; }

    /// <summary>Whether its ConnectRequest asked if pongs are confirmed; the response then says so.</summary>
    public bool AsksForConfirmedPongs { get; set; }
    /// <summary>Frames that came before the session was up, each with its length in front; null when there were none.</summary>
    public Arena? Early { get; set; }

    /// <summary>Unanswered requests, oldest first; pings, auth and sasl packets never stand here.</summary>
    public Ring<Request> Requests { get; } = new(int.MaxValue);
    /// <summary>How many of the oldest requests are reads that have been made ready.</summary>
    public int Ready { get; set; }
    /// <summary>How many of the oldest requests are proposed or, being reads, promised.</summary>
    public int Proposed { get; set; }
    /// <summary>How many of those are reads.</summary>
    public int Promised { get; set; }
    /// <summary>How many reads may be promised at a time.</summary>
    public int Window { get; set; } = Shares.FirstWindow;
    /// <summary>The last batch in which a read was answered, and the bytes of its answers.</summary>
    public ulong ShareBatch { get; set; }
    public int ShareBytes { get; set; }
    /// <summary>Whether it has had its share of the batch.</summary>
    public bool IsSated { get; set; }
    /// <summary>Whether its client does not read what it is owed.</summary>
    public bool IsStalled { get; set; }
    /// <summary>The records of requests that could not be served at once.</summary>
    public ByteQueue Records { get; } = new();

    /// <summary>Unanswered frames, of whatever kind.</summary>
    public int Unanswered { get; set; }
    public int UnansweredBytes { get; set; }
    public HoldReasons Held { get; set; }
    public Instant HeldSince { get; set; }
    /// <summary>Whether the throttle has it in its list.</summary>
    public bool IsListedHeld { get; set; }
    /// <summary>Whether it waits for consensus to take proposals again.</summary>
    public bool AwaitsRoom { get; set; }

    /// <summary>The number of the last watch event it was considered for, so that one change yields one event.</summary>
    public ulong LastEvent { get; set; }

    public ConnectionStatistics Statistics = ConnectionStatistics.Fresh;

    /// <summary>Replaces what the connection has proven.</summary>
    public void Prove(ReadOnlySpan<byte> identities) => _identities = identities.ToArray();

    /// <summary>What the four-letter words show of it.</summary>
    public ConnectionView View(Instant deadline) => new()
    {
        Id = Id,
        Endpoint = Endpoint,
        IsHeld = Held != HoldReasons.None,
        Outstanding = Unanswered,
        PacketsReceived = Statistics.Received,
        PacketsSent = Statistics.Sent,
        Deadline = deadline,
        Session = Row == Sessions.None ? SessionId.None : Session,
        TimeoutMilliseconds = TimeoutMilliseconds,
        Established = Established,
        LastOperation = Statistics.LastOp,
        LastXid = Statistics.LastCxid,
        LastZxid = Statistics.LastZxid,
        LastResponse = Statistics.LastResponse,
        LastLatency = Statistics.LastLatency,
        MinLatency = Statistics.MinLatency,
        AverageLatency = Statistics.Served == 0 ? 0 : Statistics.TotalLatency / Statistics.Served,
        MaxLatency = Statistics.MaxLatency,
    };
}

/// <summary>How a request takes its turn.</summary>
internal enum RequestKind : byte
{
    /// <summary>Answered here once everything before it is answered.</summary>
    Read,
    /// <summary>Proposed; answered when applied.</summary>
    Write,
    /// <summary>Answered when a confirmation round that began after it has ended.</summary>
    Sync,
}

/// <summary>One unanswered request. Its record lies in the connection's queue, or in the batch's arena if it was ready at once.</summary>
internal struct Request
{
    public const long Nowhere = -1;

    public RequestKind Kind;
    public bool InBatch;
    public int Xid;
    public OpCode Op;
    public int Length;
    public long Position;
    /// <summary>Of a write: its sequence. Of a sync and a linearizable read: the confirmation round; 0 for none.</summary>
    public ulong Number;
    public Instant Received;
}

/// <summary>What the four-letter words tell of one connection. Times in milliseconds.</summary>
internal struct ConnectionStatistics
{
    public static readonly ConnectionStatistics Fresh = new() { LastCxid = -1, LastZxid = new(-1) };

    public long Received, Sent;
    public OpCode LastOp;
    public int LastCxid;
    public Zxid LastZxid;
    public Instant LastResponse;
    public long LastLatency, MinLatency, MaxLatency, TotalLatency, Served;

    /// <summary>Counts one answered request.</summary>
    public void Count(OpCode op, int cxid, Zxid zxid, Instant at, long latency)
    {
        (LastOp, LastCxid, LastZxid, LastResponse, LastLatency) = (op, cxid, zxid, at, latency);
        MinLatency = Served == 0 ? latency : Math.Min(MinLatency, latency);
        MaxLatency = Math.Max(MaxLatency, latency);
        TotalLatency += latency;
        Served++;
    }
}
