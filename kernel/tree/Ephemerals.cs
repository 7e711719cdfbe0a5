namespace Quorate.Kernel.Trees;

/// <summary>Which session owns which ephemerals, in the order of their creation.</summary>
/// <remarks>
/// A side table, because few znodes are ephemeral. An ephemeral knows its place in it by number, in the field that names the first child of
/// other znodes.
/// </remarks>
internal sealed class Ephemerals
{
    /// <summary>One ephemeral's place in the list of its session.</summary>
    internal struct Place : ISlot
    {
        public int Znode;
        public int Row;
        public int Previous;
        public int Next;
        /// <summary>Ascends within a session in the order of creation.</summary>
        public long Ordinal;

        int ISlot.Next { readonly get => Next; set => Next = value; }
    }

    /// <summary>A session that owns ephemerals.</summary>
    private struct Row : IHashed
    {
        public SessionId Session;
        public int First;
        public int Last;
        public int Count;
        public uint Hash;
        public int Next;

        readonly uint IHashed.Hash => Hash;

        int ISlot.Next { readonly get => Next; set => Next = value; }
    }

    private readonly Slab<Znode> _slots;
    private readonly Slab<Place> _places = new();
    private readonly Slab<Row> _rows = new();
    private readonly HashChains<Row> _chains;
    private readonly ulong _key;

    public Ephemerals(Slab<Znode> slots, ulong key)
    {
        (_slots, _key) = (slots, key);
        _chains = new(_rows);
    }

    /// <summary>All ephemerals.</summary>
    public int Count => _places.Live;

    /// <summary>The oldest ephemeral of a session, or <see cref="Tree.None"/>.</summary>
    public int First(SessionId session) => Find(session) is var row && row == Tree.None ? Tree.None : _places[_rows[row].First].Znode;

    /// <summary>The ephemeral of the same session that was created next, or <see cref="Tree.None"/>.</summary>
    public int Next(int slot) => _places[PlaceOf(slot)].Next is var next && next == Tree.None ? Tree.None : _places[next].Znode;

    /// <summary>How many ephemerals a session owns.</summary>
    public int CountOf(SessionId session) => Find(session) is var row && row == Tree.None ? 0 : _rows[row].Count;

    /// <summary>An ephemeral's rank among those of its session.</summary>
    public long OrdinalOf(int slot) => _places[PlaceOf(slot)].Ordinal;

    /// <summary>An ephemeral's place as it is now: what <see cref="Restore"/> needs to undo <see cref="Remove"/>.</summary>
    public Place this[int slot] => _places[PlaceOf(slot)];

    /// <summary>The sessions that own ephemerals, ascending.</summary>
    public SessionId[] Owners()
    {
        var ids = new long[_chains.Count];
        var count = 0;
        for (var row = 0; row < _rows.HighWater; row++)
            if (_rows[row].Count > 0)
                ids[count++] = _rows[row].Session.Value;
        Array.Sort(ids);
        return Array.ConvertAll(ids, static id => new SessionId(id));
    }

    /// <summary>Adds a new ephemeral behind the others of its session.</summary>
    public void Add(int slot)
    {
        var row = Find(_slots[slot].EphemeralOwner);
        Add(slot, row == Tree.None ? 0 : _places[_rows[row].Last].Ordinal + 1);
    }

    /// <summary>Adds one with the ordinal that it had; false when it is not the last by that.</summary>
    public bool Add(int slot, long ordinal)
    {
        var session = _slots[slot].EphemeralOwner;
        var row = Find(session);
        if (row == Tree.None)
            Open(row = _rows.Take(), session);
        var place = _places.Take();
        _slots[slot].FirstChild = place;
        var last = _rows[row].Last;
        _places[place] = new() { Znode = slot, Row = row, Previous = last, Next = Tree.None, Ordinal = ordinal };
        Link(place);
        return last == Tree.None || _places[last].Ordinal < ordinal;
    }

    /// <summary>Takes an ephemeral out.</summary>
    public void Remove(int slot)
    {
        var number = PlaceOf(slot);
        ref readonly var place = ref _places[number];
        ref var row = ref _rows[place.Row];
        (place.Previous == Tree.None ? ref row.First : ref _places[place.Previous].Next) = place.Next;
        (place.Next == Tree.None ? ref row.Last : ref _places[place.Next].Previous) = place.Previous;
        if (--row.Count == 0)
        {
            _chains.Remove(place.Row);
            _rows.Return(place.Row);
        }
        _places.Return(number);
    }

    /// <summary>Undoes the removal that was made last: the same place, between the same neighbours.</summary>
    public void Restore(int slot, in Place place)
    {
        var session = _slots[slot].EphemeralOwner;
        if (Find(session) == Tree.None)
        {
            _rows.TakeBack(place.Row);
            Open(place.Row, session);
        }
        var number = PlaceOf(slot);
        _places.TakeBack(number);
        _places[number] = place;
        Link(number);
    }

    /// <summary>Puts a session's ephemerals, added in any order, into the order of their ordinals.</summary>
    public void Sort(SessionId session)
    {
        ref var row = ref _rows[Find(session)];
        var (places, ordinals) = (new int[row.Count], new long[row.Count]);
        var count = 0;
        for (var place = row.First; place != Tree.None; place = _places[place].Next)
            (places[count], ordinals[count++]) = (place, _places[place].Ordinal);
        Array.Sort(ordinals, places);
        (row.First, row.Last, row.Count) = (Tree.None, Tree.None, 0);
        foreach (var place in places)
        {
            (_places[place].Previous, _places[place].Next) = (row.Last, Tree.None);
            Link(place);
        }
    }

    private int PlaceOf(int slot)
    {
        Invariant.Holds(_slots[slot].IsEphemeral);
        return _slots[slot].FirstChild;
    }

    private int Find(SessionId session)
    {
        var row = _chains.First(HashOf(session));
        while (row != Tree.None && _rows[row].Session != session)
            row = _rows[row].Next;
        return row;
    }

    private void Open(int row, SessionId session)
    {
        _rows[row] = new() { Session = session, First = Tree.None, Last = Tree.None, Hash = HashOf(session) };
        _chains.Add(row);
    }

    private void Link(int number)
    {
        ref readonly var place = ref _places[number];
        ref var row = ref _rows[place.Row];
        (place.Previous == Tree.None ? ref row.First : ref _places[place.Previous].Next) = number;
        (place.Next == Tree.None ? ref row.Last : ref _places[place.Next].Previous) = number;
        row.Count++;
    }

    private uint HashOf(SessionId session) => (uint)Mix.Bits((ulong)session.Value ^ _key);

    /// <summary>Audits the lists against the znodes.</summary>
    public void CheckInvariants()
    {
        var (rows, places) = (0, 0);
        for (var number = 0; number < _rows.HighWater; number++)
        {
            if (_rows[number].Count == 0)
                continue;
            var (previous, count, ordinal) = (Tree.None, 0, -1L);
            for (var at = _rows[number].First; at != Tree.None; at = _places[at].Next)
            {
                ref readonly var place = ref _places[at];
                Invariant.Holds(place.Row == number && place.Previous == previous && place.Ordinal > ordinal);
                Invariant.Holds(PlaceOf(place.Znode) == at && _slots[place.Znode].EphemeralOwner == _rows[number].Session);
                (previous, ordinal) = (at, place.Ordinal);
                count++;
            }
            Invariant.Holds(count == _rows[number].Count && previous == _rows[number].Last && Find(_rows[number].Session) == number);
            rows++;
            places += count;
        }
        Invariant.Holds(rows == _chains.Count && rows == _rows.Live);
        Invariant.Holds(places == _places.Live);
    }
}
