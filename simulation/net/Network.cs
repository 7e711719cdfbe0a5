using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Net;

/// <summary>
/// Everything between the computers: how long a frame takes from one to another, which directions are cut or clogged, the links of the
/// members and the connections of the clients.
/// </summary>
internal sealed class Network
{
    /// <summary>What one direction between two computers is like at the moment.</summary>
    private struct Direction
    {
        public int Cuts;
        public TrueTime ClogUntil;
        public TrueTime LineFreeAt;
        public Chance Chance;
    }

    private readonly World _world;
    private readonly Direction[] _directions;
    private readonly int _nodes;
    private readonly int _members;
    private readonly PeerLink[] _peers;
    private readonly List<ClientLink> _clients = [];
    private readonly List<(int From, int To, Fault Fault, TrueTime Until)> _sieves = [];
    private ulong _connections;

    public Network(World world, int nodes, int members)
    {
        (_world, _nodes, _members) = (world, nodes, members);
        _directions = new Direction[nodes * nodes];
        for (var i = 0; i < _directions.Length; i++)
            _directions[i].Chance = new(world.Seed, $"link {i / nodes} {i % nodes}");
        _peers = new PeerLink[members * members];
        for (var a = 0; a < members; a++)
            for (var b = a + 1; b < members; b++)
                _peers[a * members + b] = _peers[b * members + a] = new(world, this, a, b);
    }

    /// <summary>The connections that at least one side still has.</summary>
    public IReadOnlyList<ClientLink> Clients => _clients;

    public bool IsCut(int from, int to) => _directions[from * _nodes + to].Cuts > 0;

    public bool IsCutEitherWay(int a, int b) => IsCut(a, b) || IsCut(b, a);

    /// <summary>Whether nothing is cut, clogged, lost or held between two computers, in either direction.</summary>
    public bool IsClear(int a, int b) =>
        !IsCutEitherWay(a, b) && !IsSifted(a, b) && _directions[a * _nodes + b].ClogUntil <= _world.Now
            && _directions[b * _nodes + a].ClogUntil <= _world.Now;

    private bool IsSifted(int a, int b)
    {
        foreach (var sieve in _sieves)
            if ((sieve.From == a && sieve.To == b) || (sieve.From == b && sieve.To == a))
                return true;
        return false;
    }

    /// <summary>When something sent now arrives.</summary>
    public TrueTime Arrival(int from, int to, int bytes)
    {
        ref var direction = ref _directions[from * _nodes + to];
        var plan = _world.Scenario.Network;
        var sent = TrueTime.Later(_world.Now, direction.LineFreeAt) + new TimeSpan(bytes * TimeSpan.TicksPerSecond / plan.BytesPerSecond);
        direction.LineFreeAt = sent;
        var at = sent + plan.Floor + direction.Chance.Exponential(plan.Tail);
        return at >= direction.ClogUntil ? at : direction.ClogUntil + direction.Chance.Exponential(plan.Tail);
    }

    /// <summary>A draw of one direction's own chance, for what happens only in the storm.</summary>
    public bool Happens(int from, int to, int perMillion) =>
        _world.Phase == Phase.Storm && _directions[from * _nodes + to].Chance.Happens(perMillion);

    /// <summary>A span of one direction's own chance.</summary>
    public TimeSpan Between(int from, int to, TimeSpan least, TimeSpan bound) =>
        _directions[from * _nodes + to].Chance.Between(least, bound);

    /// <summary>Cuts one direction. What is on the way arrives.</summary>
    public void Cut(int from, int to)
    {
        if (_directions[from * _nodes + to].Cuts++ > 0)
            return;
        _world.Counts.Fired(FaultClass.Cut);
        ForLinks(from, to, static link => link.Severed());
    }

    /// <summary>Takes one cut of a direction back.</summary>
    public void Mend(int from, int to)
    {
        ref var cuts = ref _directions[from * _nodes + to].Cuts;
        Invariant.Holds(cuts > 0);
        if (--cuts == 0)
            ForLinks(from, to, static link => link.Mended());
    }

    /// <summary>What is sent in one direction does not arrive before a time.</summary>
    public void Clog(int from, int to, TrueTime until)
    {
        ref var clog = ref _directions[from * _nodes + to].ClogUntil;
        clog = TrueTime.Later(clog, until);
        _world.Counts.Fired(FaultClass.Clog);
    }

    /// <summary>Frames of one kind are lost or held in one direction from now on.</summary>
    public void Sift(int from, int to, Fault fault) => _sieves.Add((from, to, fault, _world.Now + fault.For));

    /// <summary>They no longer are.</summary>
    public void Unsift(int from, int to, Fault fault) =>
        _sieves.RemoveAll(sieve => (sieve.From, sieve.To, sieve.Fault) == (from, to, fault));

    /// <summary>What befalls a frame between members because of its kind, and until when; null when nothing does.</summary>
    public (FaultKind How, TrueTime Until)? SieveOf(int from, int to, ReadOnlySpan<byte> frame)
    {
        foreach (var sieve in _sieves)
            if ((sieve.From, sieve.To) == (from, to) && PeerCodec.KindOf(frame) == sieve.Fault.Frames)
                return (sieve.Fault.Kind, sieve.Until);
        return null;
    }

    /// <summary>The direction is free at once.</summary>
    public void Unclog(int from, int to) => _directions[from * _nodes + to].ClogUntil = default;

    /// <summary>The link between two members.</summary>
    public PeerLink Between(int a, int b) => _peers[a * _members + b];

    /// <summary>A client asks for a connection.</summary>
    public ClientLink Connect(ClientComputer client, MemberComputer member)
    {
        var link = new ClientLink(_world, this, client, member, new(++_connections));
        _clients.Add(link);
        link.Dial();
        return link;
    }

    /// <summary>Neither side has the connection any more.</summary>
    public void Forget(ClientLink link) => _clients.Remove(link);

    /// <summary>A member's server began.</summary>
    public void Began(MemberComputer member)
    {
        for (var other = 0; other < _members; other++)
            if (other != member.Node)
                Between(member.Node, other).Began();
    }

    /// <summary>A member's server is gone; if its computer is not, the others hear of it.</summary>
    public void Ended(MemberComputer member)
    {
        for (var other = 0; other < _members; other++)
            if (other != member.Node)
                Between(member.Node, other).Ended(member);
        for (var i = _clients.Count - 1; i >= 0; i--)
            if (_clients[i].Member == member)
                _clients[i].Ended(member);
    }

    /// <summary>A client's program is gone.</summary>
    public void Ended(ClientComputer client)
    {
        for (var i = _clients.Count - 1; i >= 0; i--)
            if (_clients[i].Client == client)
                _clients[i].Ended(client);
    }

    private void ForLinks(int a, int b, Action<ILink> what)
    {
        if (a < _members && b < _members)
            what(Between(a, b));
        for (var i = _clients.Count - 1; i >= 0; i--)
            if (_clients[i] is var link
                && ((link.Client.Node == a && link.Member.Node == b) || (link.Client.Node == b && link.Member.Node == a)))
                what(link);
    }
}

/// <summary>A link that is told when a direction below it is cut or free again.</summary>
internal interface ILink
{
    void Severed();

    void Mended();
}
