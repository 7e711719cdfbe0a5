using CsCheck;
using Quorate.Tests.Transcripts;

namespace Quorate.Tests.Foreign;

/// <summary>Random operations of a few clients at Quorate and at the real ZooKeeper: all replies and notifications are the same.</summary>
/// <remarks>What 3.9 does otherwise than the packaged 3.8 is kept out of the steps; CsCheck_Iter makes it run longer.</remarks>
public sealed class SideBySideTests(UndisturbedQuorateFixture quorate, UndisturbedZooKeeperFixture zookeeper)
    : IClassFixture<UndisturbedQuorateFixture>, IClassFixture<UndisturbedZooKeeperFixture>
{
    [Fact]
    public async Task Quorate_answers_as_ZooKeeper()
    {
        var real = new TcpTarget((await ((IServerFixture)zookeeper).Server()).Port);
        var ours = new TcpTarget((await ((IServerFixture)quorate).Server()).Port);
        Compare(real, ours);
    }

    /// <summary>What differs here is not a difference between servers but a mistake of this test.</summary>
    [Fact]
    public async Task ZooKeeper_answers_as_itself()
    {
        var real = new TcpTarget((await ((IServerFixture)zookeeper).Server()).Port);
        Compare(real, real);
    }

    private static void Compare(TcpTarget one, TcpTarget other) => Steps.Sequences.Sample(
        steps =>
        {
            var (want, got) = (PlayedSteps.Log(one, steps), PlayedSteps.Log(other, steps));
            for (var at = 0; at < Math.Max(want.Count, got.Count); at++)
            {
                var (right, answer) = (want.ElementAtOrDefault(at), got.ElementAtOrDefault(at));
                Assert.True(right == answer, $"want {right}\ngot  {answer}\nafter\n{string.Join('\n', want.Take(at))}");
            }
        },
        threads: 1,
        print: steps => string.Join('\n', steps.Select(step => step.ToString())));
}
