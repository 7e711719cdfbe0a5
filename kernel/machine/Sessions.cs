using System.Buffers.Binary;

namespace Quorate.Kernel.Machines;

/// <summary>One replicated session. Liveness is not part of it: only the leader judges that, from what it hears.</summary>
internal struct Session
{
    public SessionId Id;
    /// <summary>The negotiated timeout in milliseconds.</summary>
    public int TimeoutMilliseconds;
    /// <summary>The longest timeout its owner may still believe in: larger than the negotiated one from an attach that shortened it until the
    /// first write on that attachment shows that the owner has learnt of it (A5).</summary>
    public int BelievedMilliseconds;
    /// <summary>How long the log says it has been silent; 0 when the log says nothing. A new leader's timer starts with that much spent (§6.2).</summary>
    public int SilentMilliseconds;
    /// <summary>How often the session was attached to a connection; writes of an older attachment are refused.</summary>
    public uint Attachment;
    /// <summary>The number that the next write of the attachment must have.</summary>
    public ulong NextSequence;
    /// <summary>The 16 bytes that prove ownership at a re-attach.</summary>
    public UInt128 Password;
}

/// <summary>
/// The replicated session table: rows in a dense array, found by id through an open-addressed index, listed in row order, which is a pure
/// function of the log. A row number is stable while its session lives, so that tables beside this one (deadlines, connections) can be arrays.
/// </summary>
internal sealed class Sessions
{
    public const int None = -1;

    private Session[] _rows = [];
    private int[] _index = [];      // open addressing, linear probing: 1 + row, 0 when empty
    private int[] _free = [];
    private int _freeCount, _used;

    /// <summary>How many sessions are open.</summary>
    public int Count => _used - _freeCount;

    /// <summary>One more than the highest row ever used.</summary>
    public int Rows => _used;

    /// <summary>The digest of all open sessions.</summary>
    public Digest Digest { get; private set; }

    /// <summary>The session in a row; its id is none when the row is free.</summary>
    public ref readonly Session this[int row] => ref _rows[row];

    /// <summary>The row of a session, or <see cref="None"/>.</summary>
    public int Find(SessionId id)
    {
        if (_index.Length == 0 || id == SessionId.None)
            return None;
        for (var probe = Home(id); ; probe = (probe + 1) & (_index.Length - 1))
        {
            if (_index[probe] == 0)
                return None;
            if (_rows[_index[probe] - 1].Id == id)
                return _index[probe] - 1;
        }
    }

    /// <summary>Adds a session; its id is new.</summary>
    public int Open(in Session session)
    {
        Invariant.Holds(session.Id != SessionId.None && Find(session.Id) == None);
        if (2 * (Count + 1) > _index.Length)
            Reindex(Math.Max(16, _index.Length * 2));
        var row = _freeCount > 0 ? _free[--_freeCount] : Append();
        _rows[row] = session;
        Enter(row);
        Digest += Contribution(session);
        return row;
    }

    /// <summary>Replaces a session's row by a changed one.</summary>
    public void Update(int row, in Session session)
    {
        Invariant.Holds(_rows[row].Id == session.Id);
        Digest = Digest - Contribution(_rows[row]) + Contribution(session);
        _rows[row] = session;
    }

    /// <summary>Counts one applied write of a session. Its owner sent it on the present attachment, so it knows its timeout (A5).</summary>
    public void Advance(int row)
    {
        ref var session = ref _rows[row];
        Digest -= Contribution(session);
        session.NextSequence++;
        session.BelievedMilliseconds = session.TimeoutMilliseconds;
        session.SilentMilliseconds = 0;
        Digest += Contribution(session);
    }

    /// <summary>Notes for how long a session has been silent.</summary>
    public void Silence(int row, int milliseconds)
    {
        ref var session = ref _rows[row];
        Digest -= Contribution(session);
        session.SilentMilliseconds = milliseconds;
        Digest += Contribution(session);
    }

    /// <summary>Removes a session.</summary>
    public void Close(int row)
    {
        Invariant.Holds(_rows[row].Id != SessionId.None);
        Digest -= Contribution(_rows[row]);
        Leave(_rows[row].Id);
        _rows[row] = default;
        if (_freeCount == _free.Length)
            Array.Resize(ref _free, Math.Max(16, _free.Length * 2));
        _free[_freeCount++] = row;
    }

    private static Digest Contribution(in Session session)
    {
        Span<byte> bytes = stackalloc byte[48];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, session.Id.Value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], session.TimeoutMilliseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], session.Attachment);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], session.NextSequence);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[24..], session.Password);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[40..], session.BelievedMilliseconds);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[44..], session.SilentMilliseconds);
        return Digest.Of(bytes, 0x5E5510);
    }

    private int Append()
    {
        if (_used == _rows.Length)
            Array.Resize(ref _rows, Math.Max(16, _rows.Length * 2));
        return _used++;
    }

    private int Home(SessionId id) => (int)Mix.Bits((ulong)id.Value) & (_index.Length - 1);

    private void Enter(int row)
    {
        var probe = Home(_rows[row].Id);
        while (_index[probe] != 0)
            probe = (probe + 1) & (_index.Length - 1);
        _index[probe] = row + 1;
    }

    private void Leave(SessionId id)
    {
        var hole = Home(id);
        while (_rows[_index[hole] - 1].Id != id)
            hole = (hole + 1) & (_index.Length - 1);
        // Close the gap: move back every later entry of the run whose home does not lie behind the hole.
        for (var probe = (hole + 1) & (_index.Length - 1); _index[probe] != 0; probe = (probe + 1) & (_index.Length - 1))
        {
            var home = Home(_rows[_index[probe] - 1].Id);
            if (((probe - home) & (_index.Length - 1)) < ((probe - hole) & (_index.Length - 1)))
                continue;
            _index[hole] = _index[probe];
            hole = probe;
        }
        _index[hole] = 0;
    }

    private void Reindex(int size)
    {
        _index = new int[size];
        for (var row = 0; row < _used; row++)
            if (_rows[row].Id != SessionId.None)
                Enter(row);
    }
}
