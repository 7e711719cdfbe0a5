using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using static Quorate.Tests.Servers.SessionModel;

namespace Quorate.Tests.Servers;

/// <summary>
/// Several sessions, a disk that is slow, crashes at any moment with any unflushed sector kept or lost, and starts on what is left: every
/// acknowledged write is there, nothing is there by half, and what was recovered is a state that the log has gone through.
/// </summary>
public class CrashProperty
{
    private enum Event { Send, Finish, FinishAll, Wait, Snapshot, Open, Reattach, Crash, Kill, CrashWhileStarting }

    private static readonly Gen<(Event Event, int Size)> GenEvent = Gen.Select(Gen.Frequency(
        (12, Gen.Const(Event.Send)), (6, Gen.Const(Event.Finish)), (3, Gen.Const(Event.FinishAll)), (2, Gen.Const(Event.Wait)),
        (1, Gen.Const(Event.Snapshot)), (1, Gen.Const(Event.Open)), (1, Gen.Const(Event.Reattach)), (1, Gen.Const(Event.Crash)),
        (1, Gen.Const(Event.Kill)), (1, Gen.Const(Event.CrashWhileStarting))), Gen.Int[0, 1_000_000]);

    private static readonly Gen<Settings> GenSettings =
        from every in Gen.OneOf(Gen.Int[1, 8], Gen.Const(1000))
        from segment in Gen.OneOf(4096L, 6000L, 1L << 20)
        from kept in Gen.Int[1, 3]
        select new Settings { SnapshotEveryEntries = every, SegmentBytes = segment, SnapshotsKept = kept };

    private static readonly Gen<Limits> GenLimits =
        from tiny in Gen.Bool
        from requests in Gen.OneOf(2, 1000)
        from counter in Gen.OneOf(Gen.UInt[16, 40], Gen.Const(uint.MaxValue))
        from inFlight in Gen.OneOf(1, 4 << 20)
        select new Limits
        {
            FrameBytes = 1024,
            IdentityBytes = 512,
            LogRingBytes = tiny ? 4096 : 1 << 20,
            LogRingEntries = tiny ? 16 : 1 << 12,
            RequestsPerConnection = requests,
            RequestBytesPerConnection = 1 << 20,
            ZxidCounter = counter,
            SnapshotBytesInFlight = inFlight,
        };

    [Fact]
    public void Whatever_happens_what_was_acknowledged_stays_and_nothing_is_there_by_half() =>
        Gen.Select(GenSettings, GenLimits, Gen.ULong, GenEvent.Array[1, 60]).Sample((settings, limits, seed, events) =>
        {
            var life = new Life(settings, limits, seed);
            foreach (var (what, size) in events)
                life.Do(what, size);
            life.Do(Event.Crash, 0);
        }, print: run => $"{run.Item1}\n{run.Item2}\nseed {run.Item3}\n" + string.Join(' ', run.Item4.Select(e => $"{e.Event}({e.Size})")));

    private sealed class Life
    {
        private readonly World _world;
        private readonly Dice _dice;
        private readonly List<SessionModel> _sessions = [];
        private readonly Dictionary<LogIndex, (Zxid Zxid, Digest Digest)> _applied = [];

        public Life(Settings settings, Limits limits, ulong seed)
        {
            _world = World.Serving(settings, limits, seed);
            _world.SlowDisk = true;
            _dice = new(seed);
            Open();
            Open();
            Do(Event.FinishAll, 0);
        }

        public void Do(Event what, int size)
        {
            switch (what)
            {
                case Event.Send:
                    _sessions[size % _sessions.Count].Send([.. Enumerable.Range(0, 1 + size % 4).Select(_ => Deed())]);
                    break;
                case Event.Finish:
                    _world.Finish(1 + size % 4);
                    break;
                case Event.FinishAll:
                    _world.SlowDisk = false;
                    _world.Settle();
                    _world.SlowDisk = true;
                    break;
                case Event.Wait:
                    _world.Wait(TimeSpan.FromMilliseconds(size % 40));
                    break;
                case Event.Snapshot:
                    _world.Obey(OperatorRequest.Snapshot);
                    break;
                case Event.Open when _sessions.Count < 5:
                    Open();
                    break;
                case Event.Reattach:
                    // What the old connection has sent is settled first: its answers would be lost, and with them what to expect.
                    Do(Event.FinishAll, 0);
                    _sessions[size % _sessions.Count].Hear();
                    _sessions[size % _sessions.Count].Reattach();
                    Do(Event.FinishAll, 0);
                    break;
                case Event.Crash or Event.Kill or Event.CrashWhileStarting:
                    _world.Finish(size % 5);
                    Restart(what, size);
                    break;
            }
            foreach (var session in _sessions)
                session.Hear();
            Assert.NotEqual(ServerState.Failed, _world.Server.State);
        }

        private void Open() => _sessions.Add(new(_world, _sessions.Count));

        private (Deed, int, int) Deed()
        {
            var deed = (Deed)_dice.Below(24);
            if (deed > SessionModel.Deed.Close)
                deed = (Deed)((int)deed % (int)SessionModel.Deed.Close);
            return (deed, (int)_dice.Below(6), (int)_dice.Below(1000));
        }

        private void Restart(Event how, int size)
        {
            foreach (var session in _sessions)
                session.Hear();
            foreach (var (index, zxid, digest) in _world.Applied)
                _applied[index] = (zxid, digest);
            var (zxidBefore, appliedBefore) = (_world.Server.Machine.Zxid, _world.Server.Machine.AppliedIndex);
            End(how, size);
            if (how == Event.CrashWhileStarting)
            {
                _world.Finish(size % 13);
                End(how, size);
            }

            // Until the first write of the new life, the state is exactly what was recovered.
            while (_world.Server.State == ServerState.Recovering)
                _world.Finish(1);
            Assert.Equal(ServerState.Looking, _world.Server.State);
            var machine = _world.Server.Machine;
            Assert.True(machine.AppliedIndex >= appliedBefore && machine.Zxid >= zxidBefore);
            if (_applied.TryGetValue(machine.AppliedIndex, out var known))
                Assert.Equal(known, (machine.Zxid, machine.Digest));
            _world.CheckInvariants();
            CheckEphemerals();
            foreach (var session in _sessions)
                session.Judge(machine);

            Do(Event.FinishAll, 0);
            Assert.Equal(ServerState.Serving, _world.Server.State);
            foreach (var session in _sessions)
                session.Reattach();
            Do(Event.FinishAll, 0);
            Assert.DoesNotContain(_sessions, session => session.IsUp && session.Client.IsHungUp);
        }

        private void End(Event how, int size)
        {
            var keeps = (size % 3) switch
            {
                0 => (Func<bool>)(() => false),
                1 => () => true,
                _ => () => _dice.Below(2) == 0,
            };
            if (how == Event.Kill)
                _world.KillAndRestart();
            else
                _world.CrashAndRestart(keeps);
        }

        private void CheckEphemerals()
        {
            foreach (var owner in _world.Server.Machine.Tree.EphemeralOwners())
                Assert.NotEqual(Kernel.Machines.Sessions.None, _world.Server.Machine.Sessions.Find(owner));
        }
    }
}
