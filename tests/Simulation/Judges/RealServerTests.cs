using CsCheck;

namespace Quorate.Tests.Simulations.Judges;

/// <summary>
/// The real kernel under a random workload over every kind of request: no judge may find anything, and whoever lies once is found.
/// </summary>
public class RealServerTests
{
    [Fact]
    public void Nothing_is_found_in_what_clients_see_of_the_real_server() => Gen.ULong.Sample(seed =>
    {
        var play = new Play(seed);
        play.Run(steps: 150);
        Assert.True(play.Finding is null, play.Finding);
    });

    [Fact]
    public void The_workload_leaves_nothing_out()
    {
        var play = new Play(7);
        play.Run(steps: 2500);
        Assert.Null(play.Finding);
        Assert.Equal((1, 0), play.Islands);   // the search came to an end
        Assert.Equal(25, play.Answered.Count());
        Assert.Equal(4 + 4, play.Told.Count());
        Assert.Equal(4, play.Learnt.Count());
    }

    [Theory]
    [InlineData(Lie.Error)]
    [InlineData(Lie.Version)]
    [InlineData(Lie.Data)]
    [InlineData(Lie.Name)]
    [InlineData(Lie.EarlierZxid)]
    [InlineData(Lie.LaterZxid)]
    [InlineData(Lie.EventLost)]
    [InlineData(Lie.EventTwice)]
    [InlineData(Lie.EventLate)]
    [InlineData(Lie.OtherEvent)]
    [InlineData(Lie.WriteForgotten)]
    internal void A_single_lie_in_a_history_is_found_as_good_as_always(Lie lie)
    {
        var (told, found) = (0, 0);
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var play = new Play(seed, lie, after: 20 + (int)seed);
            play.Run(steps: 120);
            told += play.HasLied ? 1 : 0;
            found += play.HasLied && play.Finding is not null ? 1 : 0;
        }
        Assert.True(told >= 10, $"{lie} was told {told} times");
        Assert.True(found * 10 >= told * 9, $"{lie} was told {told} times and found {found} times");
    }
}
