using Quorate.Client;

namespace Quorate.Tests.Recipes;

/// <summary>Parties that meet at a double barrier, round after round: nobody is in before all come, and nobody is out before all go.</summary>
internal sealed class Meetings(int parties, int rounds)
{
    private readonly int[] _entering = new int[rounds], _leaving = new int[rounds];

    /// <summary>One of the parties, in all rounds.</summary>
    public async Task Attend(ZooClient client, CancellationToken cancellation)
    {
        var barrier = new DistributedDoubleBarrier(client, "/meet", parties);
        for (var round = 0; round < rounds; round++)
        {
            Interlocked.Increment(ref _entering[round]);
            await barrier.EnterAsync(cancellation);
            Assert.Equal(parties, Volatile.Read(ref _entering[round]));
            Interlocked.Increment(ref _leaving[round]);
            await barrier.LeaveAsync(cancellation);
            Assert.Equal(parties, Volatile.Read(ref _leaving[round]));
        }
    }
}
