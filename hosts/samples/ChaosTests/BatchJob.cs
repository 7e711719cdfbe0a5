using Quorate.Client;

namespace ChaosTests;

/// <summary>
/// The same job with an election: it works only while its leadership may act, which ends by its own clock before anybody else can be elected,
/// whether or not it can reach anybody. A connection that is lost for a moment costs it nothing.
/// </summary>
internal sealed class BatchJob(ZooClient client, TimeProvider time, IBatches batches)
{
    public async Task Run()
    {
        await using var election = client.Elect("/batch/master");
        while (true)
        {
            await using var leadership = await election.Won();
            while (leadership.MayAct)
            {
                batches.RunOne(leadership.FencingToken, leadership.MayAct);
                await Task.Delay(TimeSpan.FromSeconds(1), time);
            }
        }
    }
}
