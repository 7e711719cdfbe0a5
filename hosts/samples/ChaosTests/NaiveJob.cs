using Quorate.Client;
using Quorate.Kernel.Wire;

namespace ChaosTests;

/// <summary>
/// A batch job as it is often written: whoever has made /master runs the batches, the others wait until it is gone. Nobody asks again whether
/// it is still the master. A long pause, and two are.
/// </summary>
internal sealed class NaiveJob(ZooClient client, TimeProvider time, IBatches batches)
{
    public async Task Run()
    {
        while (true)
            try
            {
                var mine = await client.CreateAsync("/master", kind: ZnodeKind.Ephemeral);
                while (true)
                {
                    batches.RunOne(mine.Stat.Czxid, mayRun: true);
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
