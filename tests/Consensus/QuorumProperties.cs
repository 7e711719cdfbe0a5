using CsCheck;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Consensus;

/// <summary>Majority arithmetic against the obvious: count who holds an index, try every way the missing votes may fall.</summary>
public class QuorumProperties
{
    private static readonly Gen<ulong[]> Matches = Gen.ULong[0, 12].Array[0, Quorum.VotersMax];

    /// <summary>Configurations of five servers that are in force together, as sets of bits.</summary>
    private static readonly (int Incoming, int Outgoing)[] Pairs =
        [(0b00111, 0b11100), (0b00111, 0b01111), (0b11111, 0b00001), (0b00011, 0b11000)];

    [Theory]
    [InlineData("", "max")]
    [InlineData("12", "12")]
    [InlineData("12 7", "7")]
    [InlineData("12 7 7", "7")]
    [InlineData("0 5 9", "5")]
    [InlineData("1 2 3 4", "2")]
    [InlineData("3 1 4 1 5", "3")]
    public void The_committed_index_is_the_one_in_the_middle(string matches, string committed) =>
        Assert.Equal(committed == "max" ? LogIndex.Max : new(ulong.Parse(committed)),
            Reached(matches.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ulong.Parse).ToArray()));

    [Fact]
    public void Of_up_to_five_voters_every_commitment_is_the_obvious_one()
    {
        foreach (var matches in Enumerable.Range(0, 6).SelectMany(voters => Words(voters, 5)))
            Assert.Equal(Committed(matches), Reached(matches));
    }

    [Fact]
    public void Of_any_voters_the_commitment_is_the_obvious_one() =>
        Matches.Sample(matches => Assert.Equal(Committed(matches), Reached(matches)));

    [Fact]
    public void A_commitment_never_goes_back_while_voters_only_advance() =>
        Gen.Select(Matches, Gen.Int[0, Quorum.VotersMax - 1], Gen.ULong[0, 5]).Sample((matches, voter, step) =>
        {
            var before = Reached(matches);
            if (voter < matches.Length)
                matches[voter] += step;
            Assert.True(Reached(matches) >= before);
        });

    [Fact]
    public void Of_up_to_seven_voters_every_election_stands_as_the_missing_votes_allow()
    {
        foreach (var word in Enumerable.Range(0, 8).SelectMany(voters => Words(voters, 3)))
        {
            var votes = word.Select(vote => (Vote)vote).ToArray();
            Assert.Equal(Outcome(votes, ids => IsWon(ids, Enumerable.Range(0, votes.Length))), Quorum.Outcome(votes));
        }
    }

    [Fact]
    public void Two_majorities_always_share_a_voter()
    {
        for (var voters = 1; voters <= Quorum.VotersMax; voters++)
        {
            Assert.True(2 * Quorum.Majority(voters) > voters);
            Assert.True(2 * (Quorum.Majority(voters) - 1) <= voters);
        }
    }

    [Fact]
    public void A_joint_quorum_without_an_outgoing_half_is_the_incoming_half() =>
        Gen.Select(Matches, Gen.Int[0, 2].Array[0, Quorum.VotersMax]).Sample((matches, word) =>
        {
            var votes = word.Select(vote => (Vote)vote).ToArray();
            Assert.Equal(Reached(matches), new(JointQuorum.Reached(matches, [])));
            Assert.Equal(Quorum.Outcome(votes), JointQuorum.Outcome(votes, []));
        });

    [Fact]
    public void What_two_configurations_commit_each_of_them_commits() =>
        Gen.Select(Gen.ULong[0, 9].Array[7], Gen.Int[1, 127], Gen.Int[1, 127]).Sample((matches, incoming, outgoing) =>
        {
            var (byNew, byOld) = (Of(matches, incoming), Of(matches, outgoing));
            var committed = new LogIndex(JointQuorum.Reached(byNew, byOld));
            Assert.Equal(Committed(byNew) < Committed(byOld) ? Committed(byNew) : Committed(byOld), committed);
        });

    [Fact]
    public void Every_election_of_two_overlapping_configurations_stands_as_the_missing_votes_allow()
    {
        const int servers = 5;
        foreach (var word in Words(servers, 3))
        {
            var votes = word.Select(vote => (Vote)vote).ToArray();
            foreach (var (incoming, outgoing) in Pairs)
            {
                bool WonByBoth(Vote[] all) => IsWon(all, Ids(incoming)) && IsWon(all, Ids(outgoing));
                Assert.Equal(Outcome(votes, WonByBoth), JointQuorum.Outcome(Of(votes, incoming), Of(votes, outgoing)));
            }
        }
    }

    [Fact]
    public void Arithmetic_allocates_nothing()
    {
        ulong[] matches = [5, 3, 9, 1, 7];
        Vote[] votes = [Vote.Granted, Vote.Missing, Vote.Refused];
        JointQuorum.Reached(matches, matches);
        JointQuorum.Outcome(votes, votes);
        Assert.Equal(0, Allocated.By(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                JointQuorum.Reached(matches, matches);
                JointQuorum.Outcome(votes, votes);
            }
        }));
    }

    /// <summary>The highest index such that more than half of the voters hold it.</summary>
    private static LogIndex Committed(ulong[] matches)
    {
        if (matches.Length == 0)
            return LogIndex.Max;
        var committed = 0ul;
        while (2 * matches.Count(match => match > committed) > matches.Length)
            committed++;
        return new(committed);
    }

    /// <summary>Tries every way in which the missing votes may fall.</summary>
    private static VoteOutcome Outcome(Vote[] votes, Func<Vote[], bool> isWon)
    {
        var missing = Enumerable.Range(0, votes.Length).Where(voter => votes[voter] == Vote.Missing).ToArray();
        var ends = Words(missing.Length, 2).Select(word =>
        {
            var all = votes.ToArray();
            for (var i = 0; i < missing.Length; i++)
                all[missing[i]] = word[i] == 0 ? Vote.Granted : Vote.Refused;
            return isWon(all);
        }).ToList();
        return ends.TrueForAll(won => won) ? VoteOutcome.Won : ends.Contains(true) ? VoteOutcome.Pending : VoteOutcome.Lost;
    }

    private static bool IsWon(Vote[] all, IEnumerable<int> voters)
    {
        var ids = voters.ToList();
        return ids.Count == 0 || 2 * ids.Count(id => all[id] == Vote.Granted) > ids.Count;
    }

    /// <summary>Every word of a length over an alphabet of numbers from 0.</summary>
    private static IEnumerable<ulong[]> Words(int length, ulong letters) =>
        length == 0 ? [[]] : Words(length - 1, letters).SelectMany(word => Letters(letters).Select(letter => (ulong[])[.. word, letter]));

    private static IEnumerable<ulong> Letters(ulong count) => Enumerable.Range(0, (int)count).Select(letter => (ulong)letter);

    private static IEnumerable<int> Ids(int set) => Enumerable.Range(0, 32).Where(id => (set >> id & 1) != 0);

    private static T[] Of<T>(T[] all, int set) => Ids(set).Where(id => id < all.Length).Select(id => all[id]).ToArray();

    private static LogIndex Reached(ulong[] matches) => new(Quorum.Reached(matches));
}
