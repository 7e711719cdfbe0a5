using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>Code that leaves its world is found, and the method is named.</summary>
public class EscapeTests
{
    public static TheoryData<string> Ways =>
        ["RealDelay", "PoolWork", "AsyncPoolWork", "LeftContext", "RealTimeout", "RealCancellation", "RealPeriod", "OwnThread"];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Code_that_leaves_its_world_is_named(string way)
    {
        var found = Assert.Throws<ChaosException>(() => Chaos.Check(seeds: 1, async world =>
        {
            world.Computer("a").Run(computer => Leave(way, computer));
            await world.Calm(TimeSpan.FromMinutes(1));
        }));
        Assert.True(found.Verdict == "Escape", found.Message);
        Assert.Contains("a left its simulation in " + typeof(EscapeTests).FullName + "." + way, found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_stays_in_the_world_is_no_escape() => Chaos.Check(seeds: 3, async world =>
    {
        world.Computer("a").Run(async computer =>
        {
            var signal = new TaskCompletionSource();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(3), computer.Time);
            using var period = new PeriodicTimer(TimeSpan.FromSeconds(1), computer.Time);
            using var gate = new SemaphoreSlim(0);
            var waiting = gate.WaitAsync();
            await period.WaitForNextTickAsync();
            gate.Release();
            await Task.WhenAll(waiting, Task.Factory.StartNew(() => signal.TrySetResult()), signal.Task);
            await signal.Task.ContinueWith(_ => { });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(TimeSpan.FromHours(1), computer.Time, patience.Token));
            await Assert.ThrowsAsync<TimeoutException>(
                () => new TaskCompletionSource()
                    .Task.WaitAsync(TimeSpan.FromSeconds(1), computer.Time, TestContext.Current.CancellationToken));
        });
        await world.Calm(TimeSpan.FromSeconds(30));
    });

    [Fact]
    public void What_differs_from_run_to_run_is_found_by_running_twice()
    {
        var runs = 0;
        var found = Assert.Throws<ChaosException>(() => Chaos.Check(seeds: 1, async world =>
        {
            var pause = TimeSpan.FromSeconds(++runs);
            world.Computer("a").Run(async computer =>
            {
                await Task.Delay(pause, computer.Time);
            });
            await world.Calm(TimeSpan.FromSeconds(10));
        }));
        Assert.Equal("Determinism", found.Verdict);
        Assert.Contains("the turn of a", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_that_blocks_the_thread_is_not_waited_for()
    {
        using var never = new ManualResetEventSlim();
        var found = Assert.Throws<ChaosException>(() => Watch.Over(
            () => new(async world =>
            {
                world.Computer("a").Run(async computer =>
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), computer.Time);
                    never.Wait(TestContext.Current.CancellationToken);
                });
                await world.Calm(TimeSpan.FromSeconds(10));
            }, 1),
            TimeSpan.FromSeconds(6)));
        never.Set();
        Assert.Equal("Blocked", found.Verdict);
        Assert.StartsWith("a blocks the thread", found.Message, StringComparison.Ordinal);
    }

#pragma warning disable xUnit1051, CA2007, CA2008, CA1031   // What is done here is what must not be done.
    private static Task Leave(string way, ChaosComputer computer) => way switch
    {
        nameof(RealDelay) => RealDelay(),
        nameof(PoolWork) => PoolWork(),
        nameof(AsyncPoolWork) => AsyncPoolWork(),
        nameof(LeftContext) => LeftContext(computer),
        nameof(RealTimeout) => RealTimeout(),
        nameof(RealCancellation) => RealCancellation(computer),
        nameof(RealPeriod) => RealPeriod(),
        _ => OwnThread(computer),
    };

    private static async Task RealDelay() => await Task.Delay(TimeSpan.FromMinutes(10));

    private static async Task PoolWork() => await Task.Run(static () => new ManualResetEventSlim().Wait(500));

    private static async Task AsyncPoolWork() => await Task.Run(static async () => await Task.Delay(500));

    private static async Task LeftContext(ChaosComputer computer) =>
        await Task.Delay(TimeSpan.FromSeconds(1), computer.Time).ConfigureAwait(false);

    private static async Task RealTimeout() => await new TaskCompletionSource().Task.WaitAsync(TimeSpan.FromMinutes(10));

    private static async Task RealCancellation(ChaosComputer computer)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        await Task.Delay(TimeSpan.FromHours(1), computer.Time, patience.Token);
    }

    private static async Task RealPeriod()
    {
        using var period = new PeriodicTimer(TimeSpan.FromMinutes(10));
        await period.WaitForNextTickAsync();
    }

    private static async Task OwnThread(ChaosComputer computer)
    {
        var thread = new Thread(static () => { });
        thread.Start();
        thread.Join();
        await Task.Delay(TimeSpan.FromHours(1), computer.Time);
    }
#pragma warning restore xUnit1051, CA2007, CA2008, CA1031
}
