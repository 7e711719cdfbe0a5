using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Consensus;

/// <summary>B4: which side stops when members that applied the same entries have different states.</summary>
public class DivergenceTests
{
    private static readonly ServerId Leader = new(1);

    private readonly Divergence _divergence = new();

    [Fact]
    public void B4_one_difference_alone_condemns_nobody()
    {
        Compare(2, 64, isSame: false);
        Assert.Equal(Deviant.Unknown, Judge(2, voters: 3));
        Assert.Equal(Deviant.Unknown, Judge(2, voters: 2));
    }

    [Fact]
    public void B4_whom_a_majority_contradicts_stops()
    {
        Compare(3, 64, isSame: true);
        Compare(2, 128, isSame: false);
        Assert.Equal(Deviant.Unknown, Judge(2, voters: 3));   // 3 has said nothing yet of what came after 64
        Compare(3, 128, isSame: true);
        Assert.Equal(Deviant.Member, Judge(2, voters: 3));
        Compare(2, 192, isSame: false);
        Assert.Equal(Deviant.Member, Judge(2, voters: 3));    // they parted at 128
    }

    [Fact]
    public void B4_a_leader_that_a_majority_contradicts_stops_itself()
    {
        Compare(2, 64, isSame: false);
        Compare(4, 64, isSame: true);
        Compare(3, 128, isSame: false);
        Assert.Equal(Deviant.Leader, Judge(3, voters: 3));
        Assert.Equal(Deviant.Unknown, Judge(3, voters: 5));
        Compare(5, 128, isSame: false);
        Assert.Equal(Deviant.Leader, Judge(5, voters: 5));
    }

    [Fact]
    public void Observers_are_judged_and_do_not_judge()
    {
        Compare(4, 64, isSame: false);
        Compare(5, 64, isSame: true);
        Assert.Equal(Deviant.Unknown, Judge(4, voters: 3));
        Compare(2, 64, isSame: true);
        Assert.Equal(Deviant.Member, Judge(4, voters: 3));
    }

    [Fact]
    public void Another_term_begins_anew()
    {
        Compare(2, 64, isSame: false);
        Compare(3, 64, isSame: false, term: 2);
        Assert.Equal(Deviant.Unknown, Judge(3, voters: 3));
    }

    private void Compare(int member, ulong index, bool isSame, uint term = 1) => _divergence.Compared(new((byte)member), new(term), new(index), isSame);

    private Deviant Judge(int member, int voters) => _divergence.Judge(new((byte)member), Leader, new(RaftWorld.Members(1, voters), RaftWorld.Members(voters + 1, 2)));
}
