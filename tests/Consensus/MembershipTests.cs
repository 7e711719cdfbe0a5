using CsCheck;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Consensus;

public class MembershipTests
{
    private static readonly Gen<Member> Anyone =
        Gen.Select(Gen.Byte[1, 255], Gen.String[Gen.Char['!', 'z'], 0, 20], Gen.String[Gen.Char['à', 'ö'], 0, 10], Gen.ULong)
            .Select((id, peer, client, birth) => new Member(new(id), peer, client, birth));

    private static readonly Gen<(Member[] Voters, Member[] Observers)> Everyone =
        Gen.Select(Anyone.Array[0, 12], Gen.Int[0, 12]).Select((all, voters) =>
        {
            var distinct = all.DistinctBy(member => member.Id).ToArray();
            voters = Math.Min(voters, distinct.Length);
            return (distinct[..voters], distinct[voters..]);
        });

    [Fact]
    public void A_membership_comes_back_from_its_bytes() => Everyone.Sample((voters, observers) =>
    {
        var membership = new Membership(voters, observers);
        var decoded = Membership.Decode(membership.Encode());
        Assert.Equal(membership, decoded);
        Assert.Equal(membership.GetHashCode(), decoded.GetHashCode());
        Assert.Equal(voters.OrderBy(member => member.Id.Value), decoded.Voters);
        Assert.Equal(observers.OrderBy(member => member.Id.Value), decoded.Observers);
    });

    [Fact]
    public void Equal_memberships_have_equal_bytes_in_whatever_order_they_were_given() => Everyone.Sample((voters, observers) =>
    {
        var backwards = new Membership(voters.AsEnumerable().Reverse().ToArray(), observers.AsEnumerable().Reverse().ToArray());
        Assert.Equal(new Membership(voters, observers).Encode(), backwards.Encode());
        Assert.Equal(new Membership(voters, observers), backwards);
    });

    [Fact]
    public void Every_difference_makes_memberships_unequal()
    {
        var one = new Membership([Someone(1), Someone(2)], [Someone(3)]);
        Assert.NotEqual(one, new([Someone(1)], [Someone(3)]));
        Assert.NotEqual(one, new([Someone(1), Someone(2)], []));
        Assert.NotEqual(one, new([Someone(1), Someone(2), Someone(3)], []));
        Assert.NotEqual(one, new([Someone(1), Someone(2) with { PeerAddress = "elsewhere" }], [Someone(3)]));
        Assert.NotEqual(one, new([Someone(1), Someone(2)], [Someone(3) with { ClientAddress = "elsewhere" }]));
        Assert.False(one.Equals(null));
    }

    [Fact]
    public void The_bytes_are_as_described() =>
        Assert.Equal("02 02 00 02 01 0500000000000000 0300 61 3A 31 0100 63 07 06 0000000000000000 0000 0000".Replace(" ", "", StringComparison.Ordinal),
            Convert.ToHexString(new Membership([new(new(2), "a:1", "c", 5)], [new(new(7))], [new(new(7))]).Encode()));

    [Fact]
    public void An_ensemble_of_one_has_a_sole_voter()
    {
        var alone = Membership.Of(new(4), birth: 9);
        Assert.True(alone.IsSoleVoter(new(4), birth: 9));
        Assert.False(alone.IsSoleVoter(new(5), birth: 9));
        Assert.False(new Membership([Someone(4), Someone(5)], []).IsSoleVoter(new(4), Someone(4).Birth));
        Assert.False(new Membership([Someone(4)], [Someone(5)]).IsSoleVoter(new(5), Someone(5).Birth));
        Assert.False(Membership.Empty.IsSoleVoter(new(4), birth: 0));
        Assert.Equal("4", alone.ToString());
    }

    [Fact]
    public void A14_who_has_the_id_and_another_disk_is_not_meant()
    {
        var alone = Membership.Of(new(4), birth: 9);
        Assert.False(alone.IsSoleVoter(new(4), birth: 8));
        Assert.False(alone.IsAlone(new(4), birth: 8));
        Assert.False(alone.Includes(new(4), birth: 8));
        Assert.True(alone.Includes(new(4), birth: 9));
    }

    [Fact]
    public void Observers_are_members_without_a_vote()
    {
        var membership = new Membership([Someone(2), Someone(1)], [Someone(9), Someone(5)]);
        Assert.True(membership.IsVoter(new(2)));
        Assert.False(membership.IsVoter(new(9)));
        Assert.Equal(Someone(9), membership.Find(new(9)));
        Assert.Null(membership.Find(new(3)));
        Assert.Equal("1 2 (5) (9)", membership.ToString());
    }

    [Fact]
    public void Nobody_may_come_twice_nor_may_there_be_too_many()
    {
        Assert.Throws<BrokenInvariantException>(() => new Membership([Someone(1), Someone(1)], []));
        Assert.Throws<BrokenInvariantException>(() => new Membership([Someone(1)], [Someone(1)]));
        Assert.Throws<BrokenInvariantException>(() => new Membership([Someone(0)], []));
        Assert.Throws<BrokenInvariantException>(() => new Membership(Voters(Quorum.VotersMax + 1), []));
        Assert.Throws<BrokenInvariantException>(() => new Membership([new(new(1), new string('x', Membership.BytesMax))], []));
        Assert.Equal(Quorum.VotersMax, new Membership(Voters(Quorum.VotersMax), []).Voters.Count);
    }

    [Fact]
    public void Cut_or_lengthened_bytes_are_refused()
    {
        var bytes = new Membership([Someone(1), Someone(2)], [Someone(3)]).Encode();
        for (var length = 0; length < bytes.Length; length++)
            Assert.False(Membership.TryDecode(bytes.AsSpan(0, length), out _));
        Assert.False(Membership.TryDecode([.. bytes, 0], out _));
    }

    [Fact]
    public void Whatever_decodes_encodes_to_the_same_bytes() =>
        Gen.Select(Everyone, Gen.Int[0, 400], Gen.Byte, Gen.Byte.Array[0, 40]).Sample((everyone, at, value, random) =>
        {
            var bytes = new Membership(everyone.Voters, everyone.Observers).Encode();
            bytes[at % bytes.Length] = value;
            foreach (var candidate in (ReadOnlySpan<byte[]>)[bytes, random])
                if (Membership.TryDecode(candidate, out var membership))
                    Assert.Equal(candidate, membership.Encode());
        }, iter: 2000);

    private static Member[] Voters(int count) => Enumerable.Range(1, count).Select(id => Someone((byte)id)).ToArray();

    private static Member Someone(byte id) => new(new(id), $"10.0.0.{id}:2888:3888", $"10.0.0.{id}:2181");
}
