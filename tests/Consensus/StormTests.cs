using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Consensus;

/// <summary>
/// Members, frames, disks, crashes and links at the mercy of dice; <see cref="RaftWorld"/> checks safety all the while. Then the storm ends, and
/// everybody must come to agree, with everything that was ever committed.
/// </summary>
public class StormTests
{
    [Theory]
    [InlineData(2, 0, 150)]
    [InlineData(3, 0, 300)]
    [InlineData(3, 1, 150)]
    [InlineData(5, 0, 150)]
    public void Whatever_happens_members_agree_in_the_end(int voters, int observers, int seeds)
    {
        for (var seed = 1ul; seed <= (ulong)seeds; seed++)
            new Storm(voters, observers, seed).Rage(steps: 4000);
    }

    [Theory]
    [InlineData(200)]
    public void Members_that_come_and_go_agree_in_the_end(int seeds)
    {
        for (var seed = 1ul; seed <= (ulong)seeds; seed++)
            new Storm(3, 2, seed) { Reconfigures = true }.Rage(steps: 5000);
    }

    private sealed class Storm
    {
        private readonly RaftWorld _world;
        private readonly Dice _dice;
        private readonly int _count;
        private readonly int _loss;
        private int _proposals;

        public Storm(int voters, int observers, ulong seed)
        {
            _dice = new(seed);
            _count = voters + observers;
            _loss = (int)_dice.Below(3) * 10;
            var limits = new Limits
            {
                FrameBytes = 100,
                IdentityBytes = 0,
                LogRingBytes = 4096 << (int)_dice.Below(2),
                LogRingEntries = 16 << (int)_dice.Below(3),
                InflightFrames = 1 + (int)_dice.Below(4),
                InflightBytes = 256 << (int)_dice.Below(4),
                PeerFrameBytes = 512 << (int)_dice.Below(3),
            };
            _world = new(voters, observers, limits: limits, seed: seed);
        }

        public bool Reconfigures { get; init; }

        public void Rage(int steps)
        {
            for (var step = 0; step < steps; step++)
                Stir();
            Calm();
        }

        private void Stir()
        {
            switch (_dice.Below(1000))
            {
                case < 550:
                    Move();
                    break;
                case < 750:
                    if (Someone() is { DiskWaiting: > 0 } busy)
                        busy.FinishDisk();
                    break;
                case < 800:
                    Pass(_world.Settings.Heartbeat * (1 + (int)_dice.Below(4)) / 8);
                    break;
                case < 802:
                    Pass(_world.ElectionTimeout);
                    break;
                case < 900:
                    (_dice.Below(2) == 0 && _world.HasLeader ? _world.Leader : Someone()).Propose($"{++_proposals}");
                    break;
                case < 905:
                    _world.Start(Someone().Id.Value);
                    break;
                case < 907:
                    _world.Isolate(Someone().Id.Value);
                    break;
                case < 914:
                    _world.Heal();
                    break;
                case < 917:
                    Link();
                    break;
                case < 920:
                    Hand();
                    break;
                case < 990:
                    break;
                default:
                    Serve();
                    if (Reconfigures)
                        Reconfigure();
                    break;
            }
        }

        private RaftMember Someone() => _world[1 + (int)_dice.Below((ulong)_count)];

        /// <summary>A frame arrives, out of order now and then, or twice, or never.</summary>
        private void Move()
        {
            if (_world.Flights.Count == 0)
                return;
            var flight = _world.Flights[_dice.Below(4) == 0 ? (int)_dice.Below((ulong)_world.Flights.Count) : 0];
            if ((int)_dice.Below(100) < _loss)
                _world.Flights.Remove(flight);
            else
            {
                _world.Deliver(flight);
                if (_dice.Below(20) == 0)
                    _world.Flights.Add(flight);
            }
        }

        private void Pass(TimeSpan span)
        {
            _world.Pass(span);
            _world.Tick();
        }

        private void Link()
        {
            var (one, other) = (Someone(), Someone());
            var up = _dice.Below(2) == 0;
            one.Step(() => one.Raft.Linked(other.Id, up, one.Now));
        }

        private void Hand()
        {
            var one = Someone();
            one.Step(() =>
            {
                if (one.Raft.Role == Role.Leader && _dice.Below(2) == 0)
                    one.Raft.Transfer(one.Now);
                else if (one.Raft.Role == Role.Leader)
                    one.Raft.EndTerm(one.Now);
            });
        }

        /// <summary>Owners do what they were asked: read the journal, take and carry snapshots.</summary>
        private void Serve()
        {
            foreach (var member in _world.All)
            {
                if (member.JournalReads.Count > 0)
                    member.SendFromJournal(bound: 1 + (int)_dice.Below(20));
                if (member.SnapshotsAsked.Count > 0)
                    Carry(member);
                if (_dice.Below(4) == 0 && member.Raft.Applied > member.JournalFrom)
                    member.JournalFrom = member.Raft.Applied;
            }
        }

        private void Carry(RaftMember from)
        {
            var to = from.SnapshotsAsked[0];
            from.SnapshotsAsked.RemoveAt(0);
            if (from.Raft.Role != Role.Leader || _dice.Below(5) == 0)
            {
                from.Step(() => from.Raft.CatchUpFailed(to));
                return;
            }
            var snapshot = from.TakeSnapshot();
            _world[to.Value].Install(snapshot);
            from.Step(() => from.Raft.SnapshotDone(to, snapshot.Position.Index));
        }

        private void Reconfigure()
        {
            var one = Someone();
            if (!one.Raft.LeadsFirmly || one.Raft.IsChanging)
                return;
            var (voters, observers) = (new List<Member>(), new List<Member>());
            for (var id = 1; id <= _count; id++)
                switch (_dice.Below(3))
                {
                    case 0:
                        voters.Add(RaftWorld.Someone(id));
                        break;
                    case 1:
                        observers.Add(RaftWorld.Someone(id));
                        break;
                }
            if (voters.Count > 0)
                one.Propose(one.Raft.Membership.Towards(new(voters.ToArray(), observers.ToArray())));
        }

        private void Calm()
        {
            _world.Heal();
            foreach (var one in _world.All)
                foreach (var other in _world.All)
                    one.Step(() => one.Raft.Linked(other.Id, up: true, one.Now));
            for (var round = 0; ; round++)
            {
                Assert.True(round < 100, $"no agreement: {string.Join("; ", _world.All.Select(member => $"{member.Id} {member.Raft.Role} {member.Raft.Term} {member.Raft.Committed}/{member.Raft.Log.Last} of {member.Raft.Membership} base {member.Raft.Log.Base} journal {member.JournalFrom} asked {string.Join(',', member.JournalReads)} {string.Join(',', member.SnapshotsAsked)} [{string.Join(' ', member.Raft.Peers.Select(peer => $"{peer.Id}:{peer.State}{(peer.IsPaused ? "!" : "")} {peer.Match}-{peer.Next}"))}]"))}");
                _world.Run(_world.ElectionTimeout);
                Serve();
                _world.Settle();
                if (Agreed())
                    break;
            }
            Assert.True(_world.Leader.Propose("end"));
            _world.Run(_world.Settings.Heartbeat * 2);
            Assert.Equal("end", _world.Leader.Applied[^1]);
        }

        private bool Agreed() =>
            _world.HasLeader && _world.Leader.Raft.LeadsFirmly && !_world.Leader.Raft.IsChanging
            && _world.Leader.Raft.Membership.Members.All(member => _world[member.Id.Value].Raft is var raft
                && raft.Term == _world.Leader.Raft.Term && raft.Applied == _world.Leader.Raft.Log.Last);
    }
}
