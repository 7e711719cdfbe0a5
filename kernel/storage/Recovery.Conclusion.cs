namespace Quorate.Kernel.Storage;

/// <summary>What is concluded when everything has been read, and made sure of on the disk before the verdict.</summary>
internal sealed partial class Recovery
{
    private void Judge(Effects effects)
    {
        Damage = _journal!.Damage();
        var torn = _journal.TornTail();
        var what = Damage?.Text ?? (torn is not null && _markIsLost ? RecoveryText.TornWithoutMark(torn) : null);
        if (what is not null && sink.IsAlone)
        {
            var why = Damage is null ? RecoveryText.Undecided(what) : RecoveryText.Damage(what, _journal.Last.Index);
            Refuse(string.Join(' ', [.. _notes, why]));
            return;
        }
        _isDamaged = what is not null || _snapshotIsLost;
        if (what is not null || torn is not null)
            _notes.Add(what ?? torn!);
        if (_markIsLost && !_isDamaged)
            _notes.Add(RecoveryText.TailMarkReplaced);
        if (_isDamaged)
            Convalesce();
        else if (_image!.State.Convalescence.IsOverAt(_journal.Last))
            _image = _image with { State = _image.State with { Convalescence = Convalescence.None } };
        if (_journal.IsForeign && !_snapshotIsLost)
            DisownJournal();
        if (_isRewritten)
            _otherSlot = SlotBytes();
        MakeSure(effects);
    }

    private void Convalesce()
    {
        var mark = Damage is null ? _journal!.Last : Damage.Mark;
        var convalescence = mark is { } known && !_markIsLost ? Convalescence.Until(known) : Convalescence.MarkLost;
        var state = _image!.State with { Convalescence = _image.State.Convalescence.And(convalescence) };
        if (_snapshotIsLost)
            state = state with { Snapshot = default, OlderSnapshots = [], FirstSegment = NextSegmentNumber };
        _notes.Add(RecoveryText.Convalescent(End.Index, state.Convalescence));
        Rewrite(state);
    }

    private LogPosition End => _snapshotIsLost ? LogPosition.Start : _journal!.Last;

    // Rounds, each of which begins when the one before has ended well: the superblock, slot by slot, then deletions.
    private void MakeSure(Effects effects)
    {
        while (_step != Step.Drop && _disk.IsIdle)
        {
            _step = _step < Step.RepairOtherSlot ? Step.RepairOtherSlot : _step + 1;
            switch (_step)
            {
                case Step.RepairOtherSlot when _otherSlot.Length > 0:
                    WriteSlot(_image!.Slot ^ 1, effects);
                    break;
                case Step.RepairOwnSlot when _isRewritten:
                    WriteSlot(_image!.Slot, effects);
                    break;
                case Step.Drop:
                    DropLeftovers(effects);
                    break;
            }
        }
        if (_disk.IsIdle)
            Verdict = _isDamaged ? RecoveryVerdict.Damaged : RecoveryVerdict.Recovered;
    }

    // Were the segments of a foreign history just deleted, a crash in between could leave one whose witnesses speak of entries that are
    // gone. So the superblock is told first that they do not count.
    private void DisownJournal()
    {
        _notes.Add(RecoveryText.Disowned(_candidates[_candidate].Number));
        Rewrite(_image!.State with { FirstSegment = NextSegmentNumber });
    }

    private void Rewrite(SuperblockState state)
    {
        _image = _image! with { Generation = _isRewritten ? _image.Generation : _image.Generation + 1, State = state };
        _isRewritten = true;
    }

    private byte[] SlotBytes()
    {
        var slot = new byte[SuperblockImage.SlotBytes];
        _image!.Write(slot);
        return slot;
    }

    private ulong NextSegmentNumber => _journals.Count == 0 ? Math.Max(1, _image!.State.FirstSegment) : _journals[^1].Number + 1;

    private void WriteSlot(int slot, Effects effects)
    {
        var file = new DiskFile(DiskFileKind.Superblock, 0);
        _disk.Write(effects, file, slot * SuperblockImage.SlotBytes, _otherSlot);
        _disk.Flush(effects, file);
    }

    // A segment that was overtaken or begins behind the end of the log is a leftover; so is all of a foreign history. One that begins right
    // at the end stays even when it is empty: it may be what keeps truncated entries of an older one from coming back (A10).
    private bool Counts(SegmentFound segment) =>
        !_journal!.IsForeign && !_snapshotIsLost && segment.First < segment.Ceiling && segment.First <= _journal.Last.Index.Next;

    private void DropLeftovers(Effects effects)
    {
        foreach (var number in _replaced)
            _disk.Drop(effects, new(DiskFileKind.Journal, number));
        var segments = new List<SegmentSpan>();
        foreach (var segment in _journal!.Segments)
            if (Counts(segment))
                segments.Add(new(segment.Number, segment.Before, segment.Length));
            else
                _disk.Drop(effects, new(DiskFileKind.Journal, segment.Number));
        var state = _image!.State;
        if (_candidate > 0 && !_snapshotIsLost)
            state = state with { Snapshot = _candidates[_candidate], OlderSnapshots = _candidates[(_candidate + 1)..] };
        var kept = new List<SnapshotSpan>();
        var nextSnapshot = 1UL;
        foreach (var (number, length) in _snapshots)
        {
            nextSnapshot = number + 1;
            if (_image.State.Keeps(number))
                kept.Add(new(number, length));
            else
                _disk.Drop(effects, new(DiskFileKind.Snapshot, number));
        }
        var commit = _journal.Commit < End.Index ? _journal.Commit : End.Index;
        Folder = new(_image with { State = state }, End, commit,
            new(End, NextSegmentNumber, segments, _mark), kept, nextSnapshot, _notes);
    }
}
