using Quorate.Client;
using Quorate.Kernel.Wire;

namespace ChaosTests;

/// <summary>
/// The same job, which looks at its fence before each batch: until then the session, and with it /master, cannot have been taken away. A
/// connection that is lost for a moment costs it nothing; when its session is over it begins again with a new one.
/// </summary>
internal sealed class CarefulJob(Func<Task<ZooClient>> connect, TimeProvider time, IBatches batches)
{
    public async Task Run()
    {
        while (true)
        {
            await using var client = await connect();
            try
            {
                var mine = await client.CreateAsync("/master", kind: ZnodeKind.Ephemeral);
                while (!client.Ended.IsCompleted)
                {
                    if (client.Now < client.FenceAt)
                        batches.RunOne(mine.Stat.Czxid, mayRun: client.Now < client.FenceAt);
                    await Task.Delay(TimeSpan.FromSeconds(1), time);
                }
            }
            catch (NodeExistsException)
            {
                var master = await client.WatchExistsAsync("/master");
                if (master.Value is not null)
                    await master.Changed;
            }
        }
    }
}
