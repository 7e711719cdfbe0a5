using Quorate.Kernel.Ground;

namespace Quorate.Tests;

public class GroundTests
{
    [Fact]
    public void The_same_seed_throws_the_same_dice()
    {
        var (a, b) = (new Dice(7), new Dice(7));
        for (var i = 0; i < 1000; i++)
            Assert.Equal(a.Next(), b.Next());
    }
}
