using Quorate.Kernel.Storage;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Disks;

/// <summary>
/// What destroys flushed bytes: rot, writes that go to another place, flushes that lie. Whom it may befall, so that every entry stays whole on
/// a majority, is for the atlas to say.
/// </summary>
/// <remarks>
/// Two things are outside of what a server promises to notice by itself: damage to a batch that no later witness covers yet, and a lie. A
/// member that may have lost something that way must not come back: <see cref="IsBeyondNotice"/> says so when it crashes, and
/// <see cref="IsTailRotten"/> when it starts, since a disk may rot while its server is down, and one that stands still writes no witness.
/// </remarks>
internal sealed class Damage(Agenda agenda, FaultCounts counts, Chance chance)
{
    /// <summary>
    /// After this long the journal has a witness of everything that was flushed before: the tail mark follows 10 ms of rest.
    /// </summary>
    private static readonly TimeSpan Unwitnessed = TimeSpan.FromMilliseconds(500);

    private Chance _chance = chance;
    private DiskFileKind? _misdirected;
    private TrueTime _doubtfulUntil;
    private bool _lostToLies;
    private List<(SimFile File, int From, int To)> _tail = [];      // sectors of the journal's last flushed batch
    private List<(SimFile File, int From, int To)> _written = [];   // and of what was written since
    private bool _markIsComing, _isTailMarked;

    /// <summary>
    /// The disk belongs to one of the core, for which the atlas lets nothing pass that could not be noticed: it may always come back.
    /// </summary>
    public bool IsOfCore { get; init; }

    /// <summary>Whether flushes lie now.</summary>
    public bool IsLying { get; set; }

    /// <summary>Whether anything was ever destroyed, or may have been.</summary>
    public bool HasHappened { get; private set; }

    /// <summary>Whether no server has started since: one that runs still has in its log what lies behind the damage.</summary>
    public bool IsUnmet { get; private set; }

    /// <summary>Whether a crash now leaves a disk of which no server could tell that something is missing.</summary>
    public bool IsBeyondNotice => _lostToLies || IsTailRotten || agenda.Now < _doubtfulUntil;

    /// <summary>Whether the journal's last batch is damaged and nothing that was flushed later says that it was ever there.</summary>
    public bool IsTailRotten { get; private set; }

    /// <summary>A server starts, and finds what there is.</summary>
    public void Met() => IsUnmet = false;

    /// <summary>Bytes of a file were written.</summary>
    public void Written(SimFile file, long offset, int length)
    {
        if (file.Name.Kind == DiskFileKind.TailMark)
            _markIsComing = _written.Count == 0;
        if (file.Name.Kind != DiskFileKind.Journal)
            return;
        _markIsComing = false;
        _written.Add((file, (int)(offset / SimFile.SectorBytes), (int)((offset + length - 1) / SimFile.SectorBytes)));
    }

    /// <summary>
    /// A file was flushed. A batch of the journal witnesses the one before it, and a tail mark all that were flushed when it was written.
    /// </summary>
    public void Flushed(DiskFileKind kind)
    {
        if (kind == DiskFileKind.Journal && _written.Count > 0)
        {
            (_tail, _written) = (_written, _tail);
            _written.Clear();
            _isTailMarked = IsTailRotten = false;
        }
        else if (kind == DiskFileKind.TailMark && _markIsComing)
            (_isTailMarked, IsTailRotten) = (true, false);
    }

    /// <summary>The next write to a kind of file goes astray.</summary>
    public void MisdirectNext(DiskFileKind kind) => _misdirected = kind;

    /// <summary>Whether a sector belongs to the journal's last batch, and nothing that was flushed later says that this was ever there.</summary>
    public bool IsUnwitnessed(SimFile file, int sector) =>
        !_isTailMarked && _tail.Exists(part => part.File == file && part.From <= sector && sector <= part.To);

    /// <summary>One bit of a file of a kind turns over, if there is one with flushed sectors.</summary>
    /// <param name="files">The disk's files.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="may">Whether it may be this file's sector; null when it may be any.</param>
    public void Rot(IReadOnlyList<SimFile> files, DiskFileKind kind, Func<SimFile, int, bool>? may = null)
    {
        var candidates = 0;
        foreach (var file in files)
            candidates += file.Name.Kind == kind ? file.Length / SimFile.SectorBytes : 0;
        if (candidates == 0)
            return;
        var sector = _chance.Below(candidates);
        foreach (var file in files)
        {
            var sectors = file.Name.Kind == kind ? file.Length / SimFile.SectorBytes : 0;
            if (sector >= sectors)
                sector -= sectors;
            else
            {
                if (may?.Invoke(file, sector) == false || !file.Rot(sector, ref _chance))
                    return;
                Happened(FaultClass.BitRot);
                IsTailRotten |= IsUnwitnessed(file, sector);
                return;
            }
        }
    }

    /// <summary>Where a write goes: mostly where it should.</summary>
    public long OffsetOf(in DiskPlace place, SimFile? file)
    {
        if (_misdirected != place.File.Kind || file is null || file.Length <= place.Length + SimFile.SectorBytes)
            return place.Offset;
        _misdirected = null;
        var offset = (long)_chance.Below((file.Length - place.Length) / SimFile.SectorBytes) * SimFile.SectorBytes;
        if (offset == place.Offset)
            return offset;
        Happened(FaultClass.Misdirection);
        return offset;
    }

    /// <summary>A flush lied, or lies no longer.</summary>
    public bool Lies(SimFile? file)
    {
        if (file is null)
            return false;
        file.IsLiedAbout = IsLying;
        HasHappened |= IsLying;
        if (IsLying)
            counts.Fired(FaultClass.Lie);
        return IsLying;
    }

    /// <summary>A crash has lost sectors of a file.</summary>
    public void Lost(SimFile file)
    {
        _lostToLies |= file.IsLiedAbout;
        file.IsLiedAbout = false;
    }

    /// <summary>The disk is empty, hence sound.</summary>
    public void Wiped()
    {
        (_doubtfulUntil, _lostToLies, _misdirected) = (default, false, null);
        (_markIsComing, _isTailMarked, IsTailRotten) = (false, false, false);
        _tail.Clear();
        _written.Clear();
    }

    private void Happened(FaultClass fault)
    {
        counts.Fired(fault);
        HasHappened = IsUnmet = true;
        if (!IsOfCore)
            _doubtfulUntil = agenda.Now + Unwitnessed;
    }
}
