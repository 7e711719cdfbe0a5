using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Consensus;

/// <summary>A frame on its way.</summary>
internal sealed record Flight(ServerId From, ServerId To, byte[] Frame);

/// <summary>
/// Several members, the frames between them, and one clock. Whatever happens, three things are checked as it happens: no term has two leaders,
/// committed entries are the same everywhere, and a new leader has all of them (Raft thesis, figure 3.2).
/// </summary>
internal sealed class RaftWorld
{
    public const ulong Ensemble = 7;

    private readonly SortedDictionary<byte, RaftMember> _members = [];
    private readonly HashSet<(ServerId From, ServerId To)> _cut = [];
    private readonly HashSet<(ServerId From, ServerId To)> _held = [];
    private readonly Dictionary<Term, ServerId> _leaders = [];
    private readonly List<LogPosition> _committed = [LogPosition.Start];
    private ulong _starts;

    public RaftWorld(int members, int observers = 0, Settings? settings = null, Limits? limits = null, ulong seed = 1)
    {
        Settings = settings ?? new();
        Limits = limits ?? new() { LogRingBytes = 64 << 10, LogRingEntries = 256, InflightFrames = 8, FrameBytes = 1024, IdentityBytes = 0 };
        Seed = seed;
        Founding = new(Members(1, members), Members(members + 1, observers));
        foreach (var member in Founding.Members)
            _members.Add(member.Id.Value, new(this, member.Id, Founding));
    }

    public Settings Settings { get; }
    public Limits Limits { get; }
    public ulong Seed { get; }
    public Membership Founding { get; }
    public TimeSpan ElectionTimeout => Settings.ElectionTimeout;
    public Instant Now { get; private set; } = Instant.Origin + TimeSpan.FromHours(1);
    public Effects Effects { get; } = new();
    public List<Flight> Flights { get; } = [];
    public IEnumerable<RaftMember> All => _members.Values;
    public RaftMember this[int id] => _members[(byte)id];

    /// <summary>The one leader of the newest term, among those that run.</summary>
    public RaftMember Leader => All.Where(member => member.Raft.Role == Role.Leader).MaxBy(member => member.Raft.Term) ?? throw new InvalidOperationException("nobody leads");

    /// <summary>Whether anybody leads.</summary>
    public bool HasLeader => All.Any(member => member.Raft.Role == Role.Leader);

    /// <summary>Every entry that was ever committed anywhere.</summary>
    public IReadOnlyList<LogPosition> Canonical => _committed;

    /// <summary>A leader may have another log than what is committed, because its disk was falsified.</summary>
    public bool ToleratesFalsehood { get; set; }

    /// <summary>Is told what happens, for scripts.</summary>
    public Action<ServerId, string>? Told { get; set; }

    public ulong NextStart() => _starts++;

    public static ulong BirthOf(ServerId id) => 1000ul + id.Value;

    public static Member Someone(int id) => new(new((byte)id), Birth: BirthOf(new((byte)id)));

    public static Member[] Members(int first, int count) => Enumerable.Range(first, count).Select(Someone).ToArray();

    /// <summary>Lets a member start that was not there, or again on its disk: whatever was in memory only is lost.</summary>
    public RaftMember Start(int id, SavedDisk? disk = null, Membership? founding = null, ulong birth = 0, Convalescence convalescence = default)
    {
        var before = _members.GetValueOrDefault((byte)id);
        Flights.RemoveAll(flight => flight.To.Value == id);
        var member = new RaftMember(this, new((byte)id), founding ?? before?.Founding ?? Membership.Empty, disk ?? before?.Saved, birth != 0 ? birth : before?.Birth ?? 0, convalescence)
        {
            IsDiskSlow = before?.IsDiskSlow ?? false,
        };
        _members[(byte)id] = member;
        Tick();
        return member;
    }

    /// <summary>Stops a member for good, and closes its links.</summary>
    public void Stop(int id, bool linksClose = false)
    {
        var member = _members[(byte)id];
        _members.Remove((byte)id);
        Flights.RemoveAll(flight => flight.To == member.Id || (linksClose && flight.From == member.Id));
        if (linksClose)
            foreach (var other in All)
                other.Step(() => other.Raft.Linked(member.Id, up: false, other.Now));
    }

    /// <summary>Nothing passes between two members in either direction.</summary>
    public void Cut(int a, int b)
    {
        CutOneWay(a, b);
        CutOneWay(b, a);
    }

    public void CutOneWay(int from, int to)
    {
        _cut.Add((new((byte)from), new((byte)to)));
        Flights.RemoveAll(flight => flight.From.Value == from && flight.To.Value == to);
    }

    /// <summary>Nothing passes between a member and all others.</summary>
    public void Isolate(int id)
    {
        foreach (var other in All.Where(other => other.Id.Value != id))
            Cut(id, other.Id.Value);
    }

    public void Heal()
    {
        _cut.Clear();
        _held.Clear();
    }

    /// <summary>Frames of one direction wait until <see cref="Heal"/>.</summary>
    public void Hold(int from, int to) => _held.Add((new((byte)from), new((byte)to)));

    /// <summary>Time passes for everybody, deadline by deadline; frames arrive and disks write at once.</summary>
    public void Run(TimeSpan span)
    {
        var end = Now + span;
        Tick();
        Settle();
        while (All.Select(member => member.Raft.NextDeadline).Append(end).Min() is var next && next < end)
        {
            Now = Instant.Later(Now, next);
            Tick();
            Settle();
        }
        Now = end;
        Tick();
        Settle();
    }

    /// <summary>Time passes, and nobody has noticed yet.</summary>
    public void Pass(TimeSpan span) => Now += span;

    /// <summary>Runs until somebody leads and everybody who can be reached knows it.</summary>
    public RaftMember Elect()
    {
        for (var rounds = 0; !(HasLeader && Leader.Raft.LeadsFirmly); rounds++)
        {
            Assert.True(rounds < 100, "nobody is elected");
            Run(Settings.Heartbeat / 4);
        }
        Run(2 * Settings.Heartbeat);
        return Leader;
    }

    /// <summary>Makes one member stand and win at once, by asking it as a leader would.</summary>
    public RaftMember Elect(int id)
    {
        for (var rounds = 0; !(HasLeader && Leader.Id.Value == id); rounds++)
        {
            Assert.True(rounds < 100, $"{id} is not elected");
            Elect();
            if (Leader.Id.Value == id)
                break;
            Stand(id);
            Settle();
        }
        return Elect();
    }

    /// <summary>A member stands for election at once, as if a leader had asked it to.</summary>
    public void Stand(int id)
    {
        var member = this[id];
        var by = member.Raft.Leader != default ? member.Raft.Leader : new((byte)(id == 1 ? 2 : 1));
        member.Receive(by, Frame(PeerKind.TimeoutNow, by, member.Raft.Term, []));
    }

    /// <summary>A frame as a member would send it.</summary>
    public static byte[] Frame(PeerKind kind, ServerId from, Term term, ReadOnlySpan<byte> body, ulong birth = 0)
    {
        var effects = new Effects();
        var frame = PeerCodec.Write(effects, kind, new(Ensemble, birth == 0 ? BirthOf(from) : birth), term, body);
        return effects.Arena[frame].ToArray();
    }

    /// <summary>Everybody takes note of the time.</summary>
    public void Tick()
    {
        foreach (var member in All.ToArray())
            Tick(member);
    }

    /// <summary>Delivers frames and ends disk requests until nothing is under way that may move; time stands still.</summary>
    public void Settle()
    {
        for (var turns = 0; DeliverOne() || FinishOne(); turns++)
            Assert.True(turns < 100_000, "it does not come to rest");
    }

    /// <summary>Delivers everything that is under way now, but not what that brings about.</summary>
    public void DeliverOnce()
    {
        var now = Flights.Where(CanMove).ToArray();
        Flights.RemoveAll(now.Contains);
        foreach (var flight in now)
            Deliver(flight);
    }

    public void Deliver(Flight flight)
    {
        Flights.Remove(flight);
        if (_members.TryGetValue(flight.To.Value, out var member))
            member.Receive(flight.From, flight.Frame);
    }

    public void Sent(ServerId from, ServerId to, byte[] frame)
    {
        if (!_cut.Contains((from, to)) && _members.ContainsKey(to.Value))
            Flights.Add(new(from, to, frame));
        Told?.Invoke(from, $"-> {to} {FrameText.Of(frame)}");
    }

    public void Became(RaftMember member, Role role, Term term, ServerId leader)
    {
        Told?.Invoke(member.Id, $"{role.ToString().ToLowerInvariant()} of term {term}{(leader == default ? "" : $", leader {leader}")}");
        if (role != Role.Leader || ToleratesFalsehood)
            return;
        Assert.True(_leaders.TryAdd(term, member.Id) || _leaders[term] == member.Id, $"term {term} has two leaders, {_leaders[term]} and {member.Id}");
        for (var index = Math.Max(1, (int)member.Raft.Log.Base.Value); index < _committed.Count; index++)
            Assert.True(_committed[index].Term >= term || (member.Raft.Log.Knows(new((ulong)index)) && member.Raft.Log.PositionAt(new((ulong)index)) == _committed[index]),
                $"{member.Id} leads term {term} without entry {index}, which is committed");
    }

    public void Committed(ServerId id, LogPosition position)
    {
        Told?.Invoke(id, $"committed {position.Term}/{position.Index}");
        var index = (int)position.Index.Value;
        if (index == _committed.Count)
            _committed.Add(position);
        Assert.True(index < _committed.Count && _committed[index] == position, $"{id} committed {position}, which is another entry elsewhere");
    }

    public void Truncated(ServerId id, LogPosition keep) => Told?.Invoke(id, $"cuts its log after {keep.Term}/{keep.Index}");

    public void Noted(ServerId id, string text) => Told?.Invoke(id, "notes: " + text);

    /// <summary>Where two logs have an entry of the same index and term they are the same up to there (log matching).</summary>
    public void ExpectLogsMatch()
    {
        foreach (var one in All)
            foreach (var other in All.Where(other => other.Id.Value > one.Id.Value))
            {
                var (a, b) = (one.Raft.Log, other.Raft.Log);
                for (var index = a.Base > b.Base ? a.Base : b.Base; index <= a.Last && index <= b.Last; index = index.Next)
                    Assert.True(a.TermAt(index) != b.TermAt(index) || a.ChainAt(index) == b.ChainAt(index), $"{one.Id} and {other.Id} differ before {index}");
            }
    }

    /// <summary>Everybody who is up has committed and applied the same.</summary>
    public void ExpectAgreement()
    {
        foreach (var member in All)
        {
            Assert.Equal(_committed[^1].Index, member.Raft.Committed);
            Assert.Equal(member.Raft.Committed, member.Raft.Applied);
        }
    }

    private void Tick(RaftMember member)
    {
        member.Now = new(Now, new((Now - Instant.Origin).Ticks / TimeSpan.TicksPerMillisecond));
        member.Step(() => { });
    }

    private bool CanMove(Flight flight) => !_held.Contains((flight.From, flight.To));

    private bool DeliverOne()
    {
        if (Flights.Find(CanMove) is not { } flight)
            return false;
        Deliver(flight);
        return true;
    }

    private bool FinishOne()
    {
        if (All.FirstOrDefault(member => member.DiskWaiting > 0 && !member.IsDiskSlow) is not { } member)
            return false;
        member.FinishDisk();
        return true;
    }
}
