using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Consensus;

/// <summary>After it has warmed up, replicating an entry to two followers, from proposal to commit everywhere, allocates nothing.</summary>
public class ReplicationAllocationTests
{
    [Fact]
    public void Replicating_allocates_nothing()
    {
        var trio = new Trio();
        // The runtime may compile a method anew within one stretch, and that costs a little.
        var bytes = Enumerable.Range(0, 6).Select(_ => trio.BytesOf(rounds: 1000)).ToArray();
        Assert.Contains(0, bytes[1..]);
    }

    private sealed class Trio
    {
        private readonly Node[] _nodes;
        private Moment _now = new(new(TimeSpan.TicksPerHour), new(1000));

        public Trio()
        {
            _nodes = [.. Enumerable.Range(1, 3).Select(id => new Node(new((byte)id), _now))];
            for (var i = 0; i < 2000 && !_nodes.Any(node => node.Raft.LeadsFirmly); i++)
                Round();
            Assert.Contains(_nodes, node => node.Raft.LeadsFirmly);
        }

        public long BytesOf(int rounds)
        {
            var committed = _nodes[0].Raft.Committed;
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var round = 0; round < rounds; round++)
                Round();
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(_nodes[0].Raft.Committed.Value - committed.Value >= (ulong)rounds);
            return allocated;
        }

        private void Round()
        {
            _now = new(_now.Instant + TimeSpan.FromMilliseconds(1), new(_now.Wall.Milliseconds + 1));
            foreach (var node in _nodes)
                node.Begin(_now);
            for (var moves = true; moves;)
            {
                moves = false;
                foreach (var node in _nodes)
                    moves |= node.Move(_nodes, _now);
            }
        }
    }

    /// <summary>A member whose disk is done at the end of each batch.</summary>
    private sealed class Node : IReplica
    {
        private readonly byte[] _body = new byte[200];
        private readonly Effects[] _effects = [new(), new()];
        private int _writing;
        private Term _opened;

        public Node(ServerId id, Moment now)
        {
            var limits = new Limits { LogRingBytes = 1 << 20, LogRingEntries = 1 << 10, FrameBytes = 1024, IdentityBytes = 0 };
            Raft = new(new() { Id = id }, limits, new Dice(id.Value), NoTrace.Instance, this);
            Raft.Restore(
                new() { Identity = new(RaftWorld.Ensemble, RaftWorld.BirthOf(id)), Membership = new(RaftWorld.Members(1, 3), []), Term = default, VotedFor = default, Applied = default },
                now);
        }

        public Raft Raft { get; }

        public (LogIndex Applied, Digest Digest) State => (Raft.Applied, default);

        public void Begin(Moment now)
        {
            Raft.Elapse(now, _effects[_writing]);
            if (Raft.Role == Role.Leader && (_opened == Raft.Term ? Raft.HasRoom(_body.Length) : Raft.HasRoomToOpen(_body.Length)))
            {
                _opened = Raft.Term;
                _body.CopyTo(Raft.Propose(_body.Length, now));
                Raft.Log.Seal();
                Raft.Confirm();
            }
            Settle(now);
        }

        /// <summary>What this node has said arrives, in one batch; false if it has said nothing.</summary>
        public bool Move(Node[] all, Moment now)
        {
            var said = _effects[_writing];
            if (said.Count == 0)
                return false;
            _writing ^= 1;
            for (var i = 0; i < said.Count; i++)
                all[(int)said[i].Subject - 1].Take(said.Bytes(said[i]), now);
            said.Clear();
            foreach (var node in all)
                node.Settle(now);
            return true;
        }

        public void Truncating(in LogPosition keep) { }

        public Membership? MembershipIn(ReadOnlySpan<byte> body) => null;

        public void PeerState(ServerId peer, LogIndex applied, Digest digest) { }

        public bool JournalHas(LogIndex index) => false;

        public void ReadJournal(ServerId to, LogIndex from) { }

        public void SendSnapshot(ServerId to) { }

        private void Take(ReadOnlySpan<byte> frame, Moment now)
        {
            Assert.True(PeerCodec.TryRead(frame, out var message));
            var id = message.Sender.Birth - RaftWorld.BirthOf(default);
            Raft.Receive(new((byte)id), message, now, _effects[_writing]);
        }

        private void Settle(Moment now)
        {
            if (Raft.HardStateChanged)
            {
                Raft.HardStateSubmitted();
                Raft.HardStateDurable(Raft.Term, Raft.VotedFor, now, _effects[_writing]);
            }
            Raft.Flushed(Raft.Log.Last, Raft.Log.LastTerm);
            if (Raft.Committed > Raft.Applied)
                Raft.AppliedThrough(Raft.Committed);
            Raft.Replicate(now, _effects[_writing]);
        }
    }
}
