using System.Buffers.Binary;
using Quorate.Kernel;
using Quorate.Kernel.Storage;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Disks;

/// <summary>Takes what a disk has to say.</summary>
internal interface IDiskOwner
{
    /// <summary>A request of the present server ended. The bytes are the receiver's to give back.</summary>
    void DiskDone(DiskTicket ticket, DiskOutcome outcome, Bytes found);
}

/// <summary>
/// A member's disk. Requests on one file end in order, those on different files as they come; what is written stays in doubt until a flush
/// that began later has ended. It outlives its servers.
/// </summary>
internal sealed class SimDisk(
    Agenda agenda, BytePool pool, DiskPlan plan, FaultCounts counts, Damage damage, Chance timing, Chance fate, IDiskOwner owner) : IDue
{
    private const int FileEntryBytes = 17;

    private readonly record struct Request(EffectKind Kind, DiskTicket Ticket, DiskPlace Place, Bytes Bytes)
    {
        /// <summary>Whether there is none: no ticket is zero.</summary>
        public bool IsHole => Ticket == default;
    }

    private readonly Dictionary<DiskFile, SimFile> _byName = [];
    private readonly List<SimFile> _files = [];   // with deleted ones among them, and in order only once somebody looks
    private int _deleted;
    private bool _isInOrder = true;
    private readonly SimFile.Memory _memory = new();
    private Request[] _open = new Request[16];    // a ring by the ordinals of requests, with holes where one has ended
    private ulong _firstOpen, _endOfOpen;
    private int _openCount;
    private Chance _timing = timing;
    private Chance _fate = fate;
    private readonly List<(FaultCue Cue, DiskFileKind Kind, Func<bool> Then)> _awaited = [];
    private uint _life;
    private bool _hasFailed;

    /// <summary>Everything takes so many times as long.</summary>
    public int Slowness { get; set; } = 1;

    /// <summary>While it is full, files do not grow.</summary>
    public bool IsFull { get; set; }

    /// <summary>So many of a million writes fail.</summary>
    public int FailingWrites { get; set; }

    /// <summary>So many of a million flushes fail.</summary>
    public int FailingFlushes { get; set; }

    /// <summary>Whether it has ever given a server reason to stop.</summary>
    public bool HasFailed => _hasFailed || Damage.HasHappened;

    /// <summary>What destroys flushed bytes.</summary>
    public Damage Damage { get; } = damage;

    /// <summary>Whether a crash now could lose anything.</summary>
    public bool HasUnflushed
    {
        get
        {
            foreach (var file in _files)
                if (file.Unflushed > 0)
                    return true;
            return _openCount > 0;
        }
    }

    /// <summary>Whether it works, and at its speed.</summary>
    public bool IsWell => Slowness == 1 && !IsFull && FailingWrites == 0 && FailingFlushes == 0;

    /// <summary>How many requests have not ended.</summary>
    public int Waiting => _openCount;

    /// <summary>The files in the order of kind and number, which is that of a listing.</summary>
    public IReadOnlyList<SimFile> Files
    {
        get
        {
            Tidy();
            return _files;
        }
    }

    /// <summary>How many snapshots, written here or received, became durable.</summary>
    public int Snapshots { get; private set; }

    /// <summary>
    /// Says once when a flush of a kind of file is about to have its effect, or has had it. True: power fails at this moment.
    /// </summary>
    public void Await(FaultCue cue, DiskFileKind kind, Func<bool> then) => _awaited.Add((cue, kind, then));

    /// <summary>Begins a request.</summary>
    public void Take(in Effect request, ReadOnlySpan<byte> bytes)
    {
        var at = agenda.Now + Duration(request);
        if (request.Kind != EffectKind.DiskList)
        {
            // A file of no length is one that is not there; it only keeps the order of what is asked of it.
            var file = Find(request.Place.File) ?? Create(request.Place.File);
            file.BusyUntil = at = TrueTime.Later(at, file.BusyUntil);
        }
        if (_endOfOpen - _firstOpen == (ulong)_open.Length)
            Widen();
        OpenAt(_endOfOpen) = new(request.Kind, request.Ticket, request.Place, pool.Copy(bytes));
        _openCount++;
        agenda.Add(at, this, (int)_life, _endOfOpen++);
    }

    /// <inheritdoc/>
    public void Due(int what, ulong subject, Bytes bytes)
    {
        if (what != (int)_life)
            return;
        var request = End(subject);
        if (request.Kind == EffectKind.DiskFlush && Cue(FaultCue.Before, request.Place.File.Kind))
        {
            pool.Return(request.Bytes);
            return;
        }
        var outcome = Perform(request, out var found);
        _hasFailed |= outcome is DiskOutcome.Full or DiskOutcome.Failed;
        pool.Return(request.Bytes);
        owner.DiskDone(request.Ticket, outcome, found);
    }

    /// <summary>The process is killed: the system has taken some of its requests, and goes on with the files as they are.</summary>
    public void Kill()
    {
        var taken = _fate.Below(_openCount + 1);
        for (; _firstOpen < _endOfOpen; _firstOpen++)
        {
            var request = OpenAt(_firstOpen);
            if (request.IsHole)
                continue;
            if (taken-- > 0 && request.Kind is EffectKind.DiskWrite or EffectKind.DiskDrop)
                Change(request);
            pool.Return(request.Bytes);
        }
        Array.Clear(_open);
        _openCount = 0;
        _life++;
    }

    /// <summary>Power is lost.</summary>
    public void Crash(CrashMode mode)
    {
        Kill();
        var lost = 0;
        var unflushed = 0;
        foreach (var file in Files)
        {
            unflushed += file.Unflushed;
            var lostHere = file.Crash(mode, ref _fate);
            if (lostHere > 0)
                Damage.Lost(file);
            lost += lostHere;
        }
        if (lost > 0)
            counts.Fired(lost == unflushed ? FaultClass.LostWrites : FaultClass.TornWrites);
    }

    /// <summary>Everything on it is gone.</summary>
    public void Wipe()
    {
        Kill();
        foreach (var file in _files)
            file.Release();
        _files.Clear();
        _byName.Clear();
        (_deleted, _isInOrder) = (0, true);
        Damage.Wiped();
    }

    private ref Request OpenAt(ulong ordinal) => ref _open[ordinal & (ulong)(_open.Length - 1)];

    private void Widen()
    {
        var narrow = _open;
        _open = new Request[2 * narrow.Length];
        for (var ordinal = _firstOpen; ordinal < _endOfOpen; ordinal++)
            OpenAt(ordinal) = narrow[ordinal & (ulong)(narrow.Length - 1)];
    }

    private Request End(ulong ordinal)
    {
        var request = OpenAt(ordinal);
        OpenAt(ordinal) = default;
        _openCount--;
        while (_firstOpen < _endOfOpen && OpenAt(_firstOpen).IsHole)
            _firstOpen++;
        return request;
    }

    private TimeSpan Duration(in Effect request)
    {
        var span = (request.Kind == EffectKind.DiskFlush ? plan.Flush : plan.Access) + _timing.Exponential(plan.Tail)
            + new TimeSpan(request.Place.Length * TimeSpan.TicksPerSecond / plan.BytesPerSecond);
        span = new(span.Ticks * Slowness);
        if (_timing.Happens(plan.Stalls))
        {
            // A stall is a pause of the whole device: it lasts no longer on a slow one, or what was begun in a storm would outlast the
            // calm.
            counts.Fired(FaultClass.DiskStall);
            span += _timing.Exponential(plan.Stall);
        }
        return span;
    }

    private DiskOutcome Perform(in Request request, out Bytes found)
    {
        found = default;
        switch (request.Kind)
        {
            case EffectKind.DiskRead:
                if (Find(request.Place.File) is not { } file || file.Length == 0)
                    return DiskOutcome.Missing;
                found = file.Read(request.Place.Offset, request.Place.Length);
                return DiskOutcome.Done;
            case EffectKind.DiskList:
                found = List();
                return DiskOutcome.Done;
            case EffectKind.DiskWrite when IsFull && Grows(request.Place):
                counts.Fired(FaultClass.DiskFull);
                return DiskOutcome.Full;
            case EffectKind.DiskWrite when _fate.Happens(FailingWrites):
                counts.Fired(FaultClass.FailedWrite);
                if (_fate.Below(2) == 0)
                    Change(request);
                return DiskOutcome.Failed;
            case EffectKind.DiskFlush when _fate.Happens(FailingFlushes):
                counts.Fired(FaultClass.FailedFlush);
                return DiskOutcome.Failed;
            default:
                Change(request);
                return DiskOutcome.Done;
        }
    }

    private void Change(in Request request)
    {
        var file = Find(request.Place.File);
        switch (request.Kind)
        {
            case EffectKind.DiskWrite:
                file ??= Create(request.Place.File);
                var offset = Damage.OffsetOf(request.Place, file);
                file.Write(offset, request.Bytes.Span);
                Damage.Written(file, offset, request.Bytes.Length);
                break;
            case EffectKind.DiskFlush when !Damage.Lies(file):
                file?.Flush();
                Damage.Flushed(request.Place.File.Kind);
                Snapshots += request.Place.File.Kind == DiskFileKind.Snapshot ? 1 : 0;
                Cue(FaultCue.After, request.Place.File.Kind);
                break;
            case EffectKind.DiskDrop when file is not null:
                file.Release();
                _byName.Remove(file.Name);
                file.IsDeleted = true;
                if (++_deleted > _files.Count / 2)
                    Tidy();
                break;
        }
    }

    private bool Cue(FaultCue cue, DiskFileKind kind)
    {
        var strikes = false;
        for (var i = _awaited.Count - 1; i >= 0; i--)
        {
            var (awaited, of, then) = _awaited[i];
            if ((awaited, of) != (cue, kind))
                continue;
            _awaited.RemoveAt(i);
            strikes |= then();
        }
        return strikes;
    }

    private bool Grows(in DiskPlace place) => place.Offset + place.Length > (Find(place.File)?.Length ?? 0);

    private SimFile? Find(DiskFile name) => _byName.GetValueOrDefault(name);

    private SimFile Create(DiskFile name)
    {
        var file = new SimFile(name, pool, _memory);
        _isInOrder &= _files.Count == 0 || Compare(_files[^1], file) < 0;
        _files.Add(file);
        _byName.Add(name, file);
        return file;
    }

    /// <summary>Leaves nothing but the files that there are, in their order.</summary>
    private void Tidy()
    {
        if (_deleted > 0)
            _files.RemoveAll(static file => file.IsDeleted);
        if (!_isInOrder)
            _files.Sort(Compare);
        (_deleted, _isInOrder) = (0, true);
    }

    private static int Compare(SimFile a, SimFile b) =>
        a.Name.Kind != b.Name.Kind ? a.Name.Kind.CompareTo(b.Name.Kind) : a.Name.Number.CompareTo(b.Name.Number);

    private Bytes List()
    {
        Tidy();
        var found = new Bytes(pool.Rent(FileEntryBytes * _files.Count), 0, 0);
        var at = found.Array.AsSpan();
        var count = 0;
        foreach (var file in _files)
        {
            if (file.Length == 0)
                continue;
            at[0] = (byte)file.Name.Kind;
            BinaryPrimitives.WriteUInt64LittleEndian(at[1..], file.Name.Number);
            BinaryPrimitives.WriteInt64LittleEndian(at[9..], file.Length);
            at = at[FileEntryBytes..];
            count++;
        }
        return found with { Length = count * FileEntryBytes };
    }
}
