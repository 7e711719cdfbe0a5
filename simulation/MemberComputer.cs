using System.Globalization;
using System.Text;
using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Disks;
using Quorate.Simulation.Net;
using Quorate.Simulation.Times;

namespace Quorate.Simulation;

/// <summary>
/// A member's computer: the shipped server and driver as its process, a disk that outlives it, and what a host does around them.
/// </summary>
internal sealed class MemberComputer : Computer, IDiskOwner, ITrace
{
    private readonly Dictionary<ulong, ClientLink> _connections = [];
    private readonly Settings _settings;
    private readonly Arena _origin = new();
    private Driver<SimPorts>? _driver;
    private Chance _seeds;
    private Chance _fate;
    private int _holds;          // faults under way that want it down
    private int _vainStarts;     // starts that failed one after the other
    private bool _hasRecovered;  // its server has read its disk and takes part

    public MemberComputer(World world, ServerId id, int node, DriftingClock clock) : base(world, $"member {id}", node, clock)
    {
        Id = id;
        _settings = world.Scenario.SettingsOf(id);
        _seeds = new(world.Seed, $"server {id}");
        _fate = new(world.Seed, $"fate {id}");
        var damage = new Damage(world.Agenda, world.Counts, new(world.Seed, $"damage {id}")) { IsOfCore = world.Scenario.Core.Contains(id) };
        Disk = new(
            world.Agenda, world.Pool, world.Scenario.Disk, world.Counts, damage, new(world.Seed, $"disk {id}"),
            new(world.Seed, $"disk fate {id}"), this);
    }

    public ServerId Id { get; }

    public SimDisk Disk { get; }

    /// <summary>The server that runs on it now.</summary>
    public Server? Server => _driver?.Server;

    public Role Role { get; private set; }

    public Term Term { get; private set; }

    /// <summary>Whom it takes for the leader of its term; nobody when it knows of none.</summary>
    public ServerId Follows { get; private set; }

    /// <summary>The last entry that its server has applied, as far as was seen.</summary>
    public LogIndex AppliedIndex { get; private set; }

    /// <summary>Whether it leads, as far as it knows.</summary>
    public bool Leads => IsUp && Role == Role.Leader;

    /// <summary>
    /// Whether nothing is wrong with it but perhaps its links. How long a server reads before it takes part depends on what there is to
    /// read.
    /// </summary>
    public bool IsWell => IsUp && _hasRecovered && PausedUntil <= World.Now && Disk.IsWell && !IsWiped;

    /// <summary>Whether it has applied less than some other by more than a leader remembers.</summary>
    public bool IsFarBehind
    {
        get
        {
            foreach (var other in World.Members)
                if (other.AppliedIndex.Value > AppliedIndex.Value + (ulong)World.Scenario.Limits.LogRingEntries)
                    return true;
            return false;
        }
    }

    /// <summary>Whether its server still reads what its disk holds.</summary>
    public bool IsReading => IsUp && !_hasRecovered;

    /// <summary>Its disk was emptied: it does not take part until somebody takes it in.</summary>
    public bool IsWiped { get; private set; }

    /// <summary>It will not start again: its disk is damaged beyond what it can do alone, or the scenario has given it up.</summary>
    public bool IsLost { get; private set; }

    /// <summary>How many of its servers came to an end because they could not go on.</summary>
    public int Failures { get; private set; }

    /// <summary>Why its server failed last.</summary>
    public string? Failure { get; private set; }

    protected override Instant NextDeadline => _driver!.Server.NextDeadline;

    /// <summary>Starts a server on the disk as it is, unless a fault still wants the computer down.</summary>
    public void Start()
    {
        IsLost |= !IsUp && Disk.Damage.IsTailRotten;
        if (IsUp || _holds > 0 || IsLost)
            return;
        (Role, Term, Follows, _hasRecovered) = (Role.Follower, default, default, false);
        World.Atlas.Starting(this);
        _driver = new(new(_settings, World.Scenario.Limits, _seeds.Next(), this), new(this));
        World.Court.Started(Id);
        Begin();
        World.Network.Began(this);
        World.Health.Review();
    }

    /// <summary>The computer goes down and stays so until <see cref="LetUp"/>.</summary>
    /// <param name="mode">What becomes of unflushed writes; null when only the process is killed.</param>
    public void PutDown(CrashMode? mode)
    {
        _holds++;
        if (!IsUp)
            return;
        if (mode is { } crash)
        {
            World.Counts.Fired(FaultClass.Crash);
            Stop(powered: false);
            LosePower(crash);
        }
        else
        {
            World.Counts.Fired(FaultClass.Kill);
            Stop(powered: true);
            Disk.Kill();
        }
    }

    /// <summary>A fault that wanted the computer down is over.</summary>
    public void LetUp()
    {
        _holds--;
        Start();
    }

    /// <summary>It is given up for good.</summary>
    public void Lose()
    {
        IsLost = true;
        if (!IsUp)
            return;
        Stop(powered: false);
        Disk.Crash(CrashMode.Tear);
    }

    /// <summary>It is well from now on, and may try again if it was given up.</summary>
    public void Recover()
    {
        IsLost = Disk.Damage.IsBeyondNotice;
        _vainStarts = 0;
        Start();
    }

    /// <summary>The computer goes down, and its disk is emptied.</summary>
    public void Wipe()
    {
        PutDown(CrashMode.Lose);
        Disk.Wipe();
        World.Counts.Fired(FaultClass.Wipe);
        World.Court.Wiped(Id);
        IsWiped = true;
        IsLost = false;
    }

    /// <summary>The operator asks something of its server.</summary>
    public void Ask(OperatorRequest request)
    {
        Post(new((int)InputKind.Operator, (ulong)request, default, default));
        Wake();
    }

    public void Send(ServerId to, ReadOnlySpan<byte> frame)
    {
        World.Digest.Add(Node, (int)EffectKind.Send, to.Value, 0, frame);
        World.DiskFirst?.Says(Id, to, frame);
        World.Network.Between(Node, World.NodeOf(to)).Send(Node, frame);
    }

    public void Reply(ConnectionId to, ReadOnlySpan<byte> frames)
    {
        World.Digest.Add(Node, (int)EffectKind.Reply, to.Value, 0, frames);
        if (_connections.TryGetValue(to.Value, out var link))
            link.Reply(frames);
    }

    public void HangUp(ConnectionId connection)
    {
        World.Digest.Add(Node, (int)EffectKind.HangUp, connection.Value, 0, default);
        if (_connections.TryGetValue(connection.Value, out var link))
            link.HangUp();
    }

    public void Throttle(ConnectionId connection, bool hold)
    {
        World.Digest.Add(Node, (int)(hold ? EffectKind.Hold : EffectKind.Release), connection.Value, 0, default);
        if (_connections.TryGetValue(connection.Value, out var link))
            link.Hold(hold);
    }

    public void Request(in Effect request, ReadOnlySpan<byte> bytes)
    {
        World.Digest.Add(Node, (int)request.Kind, request.Ticket.Value, request.Place.Offset, bytes);
        World.Recording?.Asked(Node, request);
        World.DiskFirst?.Asked(Id, request, bytes);
        Disk.Take(request, bytes);
    }

    void IDiskOwner.DiskDone(DiskTicket ticket, DiskOutcome outcome, Bytes found)
    {
        World.Recording?.Done(Node, ticket, outcome);
        World.DiskFirst?.Done(Id, ticket, outcome);
        Post(new((int)InputKind.DiskDone, ticket.Value, outcome, found));
        Wake();
    }

    /// <summary>A client has come.</summary>
    public void Opened(ClientLink link)
    {
        _connections.Add(link.Id.Value, link);
        _origin.Clear();
        var address = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"10.1.0.{link.Client.Node}"));
        var endpoint = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"10.1.0.{link.Client.Node}:{link.Id}"));
        ClientOrigin.Write(new(_origin), endpoint, address);
        Post(new((int)InputKind.ClientOpened, link.Id.Value, default, World.Pool.Copy(_origin.Written)));
    }

    /// <summary>A connection is no more.</summary>
    public void Closed(ClientLink link) => _connections.Remove(link.Id.Value);

    /// <inheritdoc/>
    public override void Due(int what, ulong subject, Bytes bytes)
    {
        if (what == Revival)
            LetUp();
        else
            base.Due(what, subject, bytes);
    }

    protected override TimeSpan TakeUp(in Moment now)
    {
        var server = _driver!.Server;
        var inputs = 0;
        // Time first: a deadline that came while there was no time is looked at before the mail.
        if (InboxLetters == 0 || server.NextDeadline <= now.Instant)
            Deliver(now, new((int)InputKind.Tick, 0, default, default));
        for (; inputs < World.Scenario.BatchInputs && TryTakeLetter(out var letter); inputs++)
        {
            Deliver(now, letter);
            World.Pool.Return(letter.Bytes);
            if ((InputKind)letter.Kind == InputKind.ClientFrame && _connections.TryGetValue(letter.Subject, out var link)
                && link.Session != SessionId.None)
                World.Jury.Expiry.Heard(link.Session);
            if ((InputKind)letter.Kind == InputKind.PeerFrame)
                World.Network.Between(Node, World.NodeOf(new((byte)letter.Subject))).TakenUp(Node, letter.Bytes.Length);
        }
        _driver.Settle();
        if (server.State is ServerState.Failed or ServerState.Stopped)
            Finished(server);
        else if (server.State is not ServerState.Recovering && !_hasRecovered)
        {
            (_vainStarts, _hasRecovered) = (0, true);
            World.Health.Review();
        }
        return new(World.Scenario.BatchTime.Ticks + World.Scenario.InputTime.Ticks * inputs);
    }

    private void Deliver(in Moment now, in Letter letter)
    {
        World.Digest.Add(Node, 0x100 + letter.Kind, letter.Subject, now.Instant.Ticks, letter.Bytes.Span);
        _driver!.Deliver(new() { Now = now, Kind = (InputKind)letter.Kind, Subject = letter.Subject, Outcome = letter.Outcome, Bytes = letter.Bytes.Span });
    }

    /// <summary>
    /// The server has come to its end by itself: stopped as asked, or failed. Its computer is started anew unless that is in vain.
    /// </summary>
    private void Finished(Server server)
    {
        Failure = server.Failure;
        var failed = server.State == ServerState.Failed;
        Failures += failed ? 1 : 0;
        if (failed)
            World.Court.Failed(Id, Failure!);
        Stop(powered: !failed);
        if (failed)
            LosePower(CrashMode.Tear);   // what a disk that reported a fault holds of it is anybody's guess
        else
            Disk.Kill();
        if (failed && ++_vainStarts > World.Scenario.VainStarts)
        {
            IsLost = true;
            return;
        }
        _holds++;
        World.Agenda.Add(World.Now + _fate.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2)), this, Revival);
    }

    private void LosePower(CrashMode mode)
    {
        IsLost |= Disk.Damage.IsBeyondNotice;
        Disk.Crash(mode);
        IsLost |= Disk.Damage.IsBeyondNotice;
    }

    private void Stop(bool powered)
    {
        End(powered);
        _driver = null;
        World.Court.Ended(Id);
        World.Network.Ended(this);
        World.Health.Review();
        _connections.Clear();
    }

    private const int Revival = 1;

    bool ITrace.SeesEntries => true;

    bool ITrace.SeesCommits => true;

    void ITrace.Note(NoteLevel level, ulong subject, string text) => World.Court.Noted(Id, level, text);

    void ITrace.Became(Role role, Term term, ServerId leader)
    {
        var isElected = role == Role.Leader && (Role, Term) != (role, term);
        (Role, Term, Follows) = (role, term, leader);
        World.Court.Became(Id, role, term, leader);
        if (isElected)
            World.Elected(this);
    }

    void ITrace.Committed(LogIndex index, Term term, ulong chain) => World.Court.Committed(Id, index, term, chain);

    void ITrace.Installed(LogIndex index, Zxid zxid, Digest digest)
    {
        AppliedIndex = index;
        World.Court.Installed(Id, index, zxid, digest);
    }

    void ITrace.Truncated(LogIndex keep) => World.Court.Truncated(Id, keep);

    void ITrace.Applied(in AppliedEntry entry)
    {
        AppliedIndex = entry.Index;
        World.Court.Applied(Id, entry);
    }
}
