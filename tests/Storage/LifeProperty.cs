using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Storage;

/// <summary>
/// A member's folder through a life of appends, truncations, snapshots, pauses, crashes at any request and starts that crash as well:
/// what had been flushed is there, and what is there was once the log.
/// </summary>
public class LifeProperty
{
    private enum Deed { Append, Settle, PerformSome, Rest, Truncate, Snapshot, Crash, Kill }

    private static readonly Gen<(Deed Deed, int Size)> GenDeed = Gen.Select(Gen.Frequency(
        (6, Gen.Const(Deed.Append)), (3, Gen.Const(Deed.Settle)), (4, Gen.Const(Deed.PerformSome)), (2, Gen.Const(Deed.Rest)),
        (2, Gen.Const(Deed.Truncate)), (1, Gen.Const(Deed.Snapshot)), (2, Gen.Const(Deed.Crash)), (1, Gen.Const(Deed.Kill))),
        Gen.Int[0, 900]);

    private sealed class Life(long segmentBytes, ulong seed)
    {
        private readonly Dice _dice = new(seed);
        private Folder _folder = Folder.Founded(segmentBytes);
        private List<(string Body, LogPosition At)> _log = [];
        private List<List<(string Body, LogPosition At)>> _histories = [];
        private uint _term = 1;
        private int _snapshot;

        public void Do(Deed deed, int size)
        {
            switch (deed)
            {
                case Deed.Append:
                    var body = $"{_term}:{_log.Count}:" + new string('x', size);
                    _folder.Append(_term, body);
                    _log.Add((body, _folder.Last));
                    break;
                case Deed.Settle:
                    _folder.Settle();
                    Assert.Equal(_folder.Last, _folder.Journal.Flushed);
                    break;
                case Deed.PerformSome:
                    _folder.Submit();
                    for (var i = 0; i < size % 5 && _folder.Disk.Waiting > 0; i++)
                        _folder.PerformOne();
                    break;
                case Deed.Rest:
                    _folder.Rest();
                    Assert.True(_folder.Journal.Idle);
                    break;
                case Deed.Truncate:
                    var keep = _snapshot + (int)_dice.Below((ulong)(_log.Count - _snapshot + 1));
                    _histories.Add(_log);
                    _log = _log[..keep];
                    _folder.Last = keep == 0 ? LogPosition.Start : _log[^1].At;
                    _folder.Journal.TruncateAfter(_folder.Last);
                    _term++;
                    break;
                case Deed.Snapshot when _log.Count > 0:
                    _folder.Settle();
                    _snapshot = _log.Count;
                    _folder.TakeSnapshot(1 + size % 3, $"{_snapshot}");
                    break;
                case Deed.Crash or Deed.Kill:
                    Restart(deed == Deed.Crash, size);
                    break;
            }
        }

        private void Restart(bool powerIsLost, int size)
        {
            _folder.Submit();
            for (var i = 0; i < size % 7 && _folder.Disk.Waiting > 0; i++)
                _folder.PerformOne();
            var flushed = _folder.Journal.Flushed;
            End(powerIsLost);
            if (size % 3 == 0)
                new Folder(_folder.Disk).StartAndCrash(size % 11, () => _dice.Below(2) == 0);
            _folder = _folder.Restarted();
            Assert.Equal(_snapshot == 0 ? [] : ["header state", $"{_snapshot}", "trailer sum"], _folder.Sink.Snapshot);

            // What came back was once the log, and it has what was flushed in it.
            var bodies = _folder.Bodies;
            _histories.Add(_log);
            var origin = _histories.FindLast(log => log.Count >= _snapshot + bodies.Length
                && log.Skip(_snapshot).Take(bodies.Length).Select(entry => entry.Body).SequenceEqual(bodies));
            Assert.True(origin is not null, $"never was: snapshot {_snapshot}, then {Brief(bodies)}");
            _log = origin[..(_snapshot + bodies.Length)];
            Assert.True((ulong)_log.Count >= flushed.Index.Value, $"{flushed.Index} was flushed, {_log.Count} came back");
            Assert.True(flushed.Index == LogIndex.Zero || _log[(int)flushed.Index.Value - 1].At == flushed);
            Assert.Equal(_log.Count == 0 ? LogPosition.Start : _log[^1].At, _folder.Last);
            _histories = [];
            _term++;
        }

        private static string Brief(IEnumerable<string> bodies) => string.Join(' ', bodies.Select(body => body.TrimEnd('x')));

        private void End(bool powerIsLost)
        {
            if (powerIsLost)
                _folder.Disk.Crash(() => _dice.Below(2) == 0);
            else
                _folder.Disk.Kill();
        }
    }

    [Fact]
    public void A10_B7_whatever_happens_what_was_flushed_comes_back_and_nothing_that_never_was()
    {
        var segments = Gen.OneOf(Gen.Const(4184L), Gen.Const(6000L), Gen.Const(1L << 20));
        Gen.Select(segments, Gen.ULong, GenDeed.Array[1, 40]).Sample((segmentBytes, seed, deeds) =>
        {
            var life = new Life(segmentBytes, seed);
            foreach (var (deed, size) in deeds)
                life.Do(deed, size);
            life.Do(Deed.Crash, 0);
        }, print: run => $"{run.Item1} {run.Item2} " + string.Join(' ', run.Item3.Select(deed => $"{deed.Deed}({deed.Size})")));
    }
}
