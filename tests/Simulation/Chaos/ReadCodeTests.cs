using System.Diagnostics;
using System.Security.Cryptography;
using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>Calls of the real world's time or chance leave no trace when they run: they are found in the code, and named with the method.</summary>
public class ReadCodeTests
{
    private static readonly Dictionary<string, Func<ChaosComputer, Task>> Ways = new()
    {
        ["DateTime.UtcNow"] = static _ => Take(DateTime.UtcNow),
        ["DateTime.Now"] = static _ => Take(DateTime.Now),
        ["DateTimeOffset.UtcNow"] = static _ => Take(DateTimeOffset.UtcNow),
        ["Stopwatch.StartNew"] = static _ => Take(Stopwatch.StartNew()),
        ["Stopwatch.GetTimestamp"] = static _ => Take(Stopwatch.GetTimestamp()),
        ["Environment.TickCount64"] = static _ => Take(Environment.TickCount64),
        ["Guid.NewGuid"] = static _ => Take(Guid.NewGuid()),
        ["Random.Shared"] = static _ => Take(Random.Shared),
        ["new Random()"] = static _ => Take(new Random()),
        ["RandomNumberGenerator.GetInt32"] = static _ => Take(RandomNumberGenerator.GetInt32(6)),
        ["Thread.Sleep"] = static _ =>
        {
            Thread.Sleep(1);
            return Task.CompletedTask;
        },
    };

    private static readonly Dictionary<string, Func<ChaosComputer, Task>> Places = new()
    {
        [nameof(InAnAsyncMethod)] = InAnAsyncMethod,
        ["InAnIterator"] = static _ => Take(InAnIterator().First()),
        ["InAGeneric"] = static _ => Take(Box<string>.InAGeneric<int>()),
        ["ReadCodeTests+RealClock.get_Now"] = static _ => Take(((IClock)new RealClock()).Now),
    };

    private interface IClock
    {
        DateTime Now { get; }
    }

    public static TheoryData<string> Calls => [.. Ways.Keys];

    public static TheoryData<string> Hidden => [.. Places.Keys];

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_call_that_leaves_the_world_is_named(string call)
    {
        var found = Escape(Ways[call]);
        Assert.Contains($"{typeof(ReadCodeTests).FullName}.", found, StringComparison.Ordinal);
        Assert.Contains($" calls {call}, ", found, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Hidden))]
    public void It_is_found_wherever_it_is_and_the_method_is_named(string place)
    {
        var found = Escape(Places[place]);
        Assert.Contains($"{place} calls DateTime.UtcNow", found, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_trusted_is_not_read() => Chaos.Check(seeds: 1, async world =>
    {
        world.Trust(typeof(Trusted));
        world.Computer("a").Run(static computer => Trusted.Wait(computer, real: false));
        await world.Calm(TimeSpan.FromSeconds(5));
    });

    [Fact]
    public void What_others_take_instead_is_no_escape() => Chaos.Check(seeds: 1, async world =>
    {
        var seed = world.Seed;
        world.Computer("a").Run(async computer =>
        {
            var begun = computer.Time.GetTimestamp();
            await Task.Delay(TimeSpan.FromMilliseconds(new Random((int)seed).Next(100)), computer.Time);
            Assert.True(Stopwatch.GetElapsedTime(begun, computer.Time.GetTimestamp()) >= TimeSpan.Zero);
            Assert.Equal(default, new DateTime(0) - DateTime.MinValue);
            Assert.NotEqual(Guid.Empty, new Guid(1, 2, 3, [1, 2, 3, 4, 5, 6, 7, 8]));
        });
        await world.Calm(TimeSpan.FromSeconds(5));
    });

    private static string Escape(Func<ChaosComputer, Task> program)
    {
        var found = Assert.Throws<ChaosException>(() => Chaos.Check(seeds: 1, async world =>
        {
            world.Computer("a").Run(program);
            await world.Calm(TimeSpan.FromSeconds(5));
        }));
        TestContext.Current.TestOutputHelper!.WriteLine(found.Message);
        Assert.Equal("Escape", found.Verdict);
        return found.Message;
    }

    private static Task Take<T>(T value)
    {
        GC.KeepAlive(value);
        return Task.CompletedTask;
    }

    private static async Task InAnAsyncMethod(ChaosComputer computer)
    {
        await Task.Delay(TimeSpan.FromSeconds(1), computer.Time);
        await Take(DateTime.UtcNow);
    }

    private static IEnumerable<DateTime> InAnIterator()
    {
        yield return DateTime.UtcNow;
    }

    private static class Box<T>
    {
        public static (T?, TOther?, DateTime) InAGeneric<TOther>() => (default, default, DateTime.UtcNow);
    }

    private sealed class RealClock : IClock
    {
        public DateTime Now => DateTime.UtcNow;
    }
}

/// <summary>Knows real time, and is not asked for it in the simulation.</summary>
file static class Trusted
{
    public static Task Wait(ChaosComputer computer, bool real) =>
        Task.Delay(real ? TimeSpan.FromTicks(DateTime.UtcNow.Ticks) : TimeSpan.FromSeconds(1), computer.Time);
}
