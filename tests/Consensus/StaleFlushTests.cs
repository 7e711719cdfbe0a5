using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Tests.Storage;

namespace Quorate.Tests.Consensus;

/// <summary>
/// The ABA race of design §5 with the real journal: an entry is taken away while its flush is under way, and brought back. The script aba.txt
/// tells the same among five members.
/// </summary>
public class StaleFlushTests
{
    private static readonly Limits Small = new() { LogRingBytes = 4096, LogRingEntries = 16, FrameBytes = 256, IdentityBytes = 0 };

    [Fact]
    public void A_flush_attests_nothing_that_was_taken_away_and_came_back()
    {
        var member = new Follower();
        var (first, second) = (member.Write(leader: 1, term: 1, at: default, "a"), default(LogPosition));
        member.Flush();
        Assert.Equal("1", member.Acknowledged());

        member.Write(leader: 1, term: 1, at: first, "b");       // under way
        member.Write(leader: 2, term: 2, at: first, "c");       // takes it away
        second = member.Write(leader: 1, term: 3, at: first, "b", entryTerm: 1);
        Assert.Equal(new(2), second.Index);
        member.Flush(all: false);                               // of the first b, term and vote among it
        Assert.Equal("1", member.Acknowledged());
        member.Flush();
        Assert.Equal("2", member.Acknowledged());
    }

    /// <summary>A follower with a real journal and a disk that waits to be told.</summary>
    private sealed class Follower : IReplica
    {
        private static readonly Membership Three = new(RaftWorld.Members(1, 3), []);

        private readonly DiskTickets _tickets = new();
        private readonly Effects _effects = new();
        private readonly MemoryDisk _disk = new();
        private readonly Journal _journal;
        private readonly Raft _raft;
        private readonly List<string> _answers = [];
        private Moment _now = new(new(TimeSpan.TicksPerHour), new(1000));
        private LogIndex _journaled;

        public Follower()
        {
            _journal = new(1 << 20, _tickets, birth: 3, JournalStart.Empty);
            _raft = new(new() { Id = new(3) }, Small, new Dice(1), NoTrace.Instance, this);
            _raft.Restore(
                new() { Identity = new(RaftWorld.Ensemble, RaftWorld.BirthOf(new(3))), Membership = Three, Term = default, VotedFor = default, Applied = default },
                _now);
        }

        (LogIndex Applied, Digest Digest) IReplica.State => default;

        public LogPosition Write(byte leader, uint term, LogPosition at, string text, uint entryTerm = 0)
        {
            var body = System.Text.Encoding.UTF8.GetBytes(text);
            var of = new Term(entryTerm == 0 ? term : entryTerm);
            var place = new LogPosition(at.Index.Next, of, Chain.Next(at.Chain, at.Index.Next, of, new(5), body));
            var writer = new AppendWriter(_effects, PeerKind.Append, new(RaftWorld.Ensemble, RaftWorld.BirthOf(new(leader))), new(term), at, 1000);
            writer.TryAdd(new() { Index = place.Index, Term = of, Time = new(5), Chain = place.Chain, Body = body });
            var frame = _effects.Arena[writer.Seal(default, 0)].ToArray();
            _effects.Clear();
            Assert.True(PeerCodec.TryRead(frame, out var message));
            _raft.Receive(new(leader), message, _now, _effects);
            Settle();
            return place;
        }

        /// <summary>The disk performs what waits now, or until nothing waits.</summary>
        public void Flush(bool all = true)
        {
            for (var waiting = _disk.Waiting; waiting > 0; waiting = all ? _disk.Waiting : waiting - 1)
            {
                var (ticket, outcome, _) = _disk.Perform();
                _journal.Completed(ticket, outcome);
                _raft.Flushed(_journal.FlushedIndex, _journal.FlushedTerm);
                Settle();
            }
        }

        public string Acknowledged() => _answers[^1];

        private void Settle()
        {
            if (_raft.HardStateChanged)
            {
                _raft.HardStateSubmitted();
                _raft.HardStateDurable(_raft.Term, _raft.VotedFor, _now, _effects);
            }
            for (; _journaled < _raft.Log.Last; _journaled = _journaled.Next)
            {
                var entry = _raft.Log[_journaled.Next];
                _journal.Append(entry.Index, entry.Term, entry.Time, _raft.Committed, entry.Chain, entry.Body);
            }
            _raft.Replicate(_now, _effects);
            _journal.Submit(_now.Instant, _effects);
            for (var i = 0; i < _effects.Count; i++)
                if (_effects[i].Kind != EffectKind.Send)
                    _disk.Take(_effects[i], _effects.Bytes(_effects[i]));
                else if (PeerCodec.TryRead(_effects.Bytes(_effects[i]), out var message) && message.Kind is PeerKind.AppendAnswer)
                    _answers.Add(FollowerAnswer.Read(message.Body).Matched.ToString());
            _effects.Clear();
        }

        void IReplica.Truncating(in LogPosition keep)
        {
            _journal.TruncateAfter(keep);
            if (_journaled > keep.Index)
                _journaled = keep.Index;
        }

        Membership? IReplica.MembershipIn(ReadOnlySpan<byte> body) => null;

        void IReplica.PeerState(ServerId peer, LogIndex applied, Digest digest) { }

        bool IReplica.JournalHas(LogIndex index) => false;

        void IReplica.ReadJournal(ServerId to, LogIndex from) { }

        void IReplica.SendSnapshot(ServerId to) { }
    }
}
