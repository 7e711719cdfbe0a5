extern alias client;

using System.Globalization;
using client::Quorate.Hosts;
using Quorate.Client;
using Quorate.Hosts.Tcp;

namespace Quorate.Tests.Hosts;

/// <summary>B11: what the computer slept through has passed, on the client's clock and on the server's.</summary>
public class BootClockTests
{
    private const long Millisecond = 1_000_000, Second = 1000 * Millisecond;

    private long _monotonic = 7 * Second;
    private long _wall = 1_000_000 * Second;

    private LeapClock Clock => field ??= new(() => _monotonic, () => _wall);

    /// <summary>The uptime that Linux tells counts suspension. It comes in hundredths of a second, cut off.</summary>
    [Theory]
    [InlineData("client")]
    [InlineData("server")]
    public void B11_the_clock_says_how_long_the_computer_has_been_up_suspension_included(string whose)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells its uptime in /proc/uptime.");
        var isOwn = File.ReadAllText("/proc/self/mountinfo").Contains("/proc/uptime", StringComparison.Ordinal);
        Assert.SkipWhen(isOwn, "This container is told an uptime of its own.");
        var before = Uptime();
        var clock = whose == "client"
            ? TimeSpan.FromSeconds((double)BootTime.Instance.GetTimestamp() / BootTime.Instance.TimestampFrequency)
            : SystemMoment.Instant() - Quorate.Kernel.Ground.Instant.Origin;
        var after = Uptime() + TimeSpan.FromMilliseconds(10);
        Assert.InRange(clock, before, after);
    }

    [Fact]
    public void B11_a_clock_that_stood_still_in_suspension_is_set_forward_by_what_the_wall_clock_leapt()
    {
        Assert.Equal(7 * Second, Clock.Read());
        Pass(2 * Second);
        Assert.Equal(9 * Second, Clock.Read());
        _wall += 3600 * Second;
        Pass(Second);
        Assert.Equal(3610 * Second, Clock.Read());
        Pass(Second);
        Assert.Equal(3611 * Second, Clock.Read());
        _wall += 60 * Second;
        Assert.Equal(3671 * Second, Clock.Read());
    }

    [Fact]
    public void B11_a_clock_that_counts_suspension_itself_is_left_alone()
    {
        Assert.Equal(7 * Second, Clock.Read());
        Pass(3600 * Second);
        Assert.Equal(3607 * Second, Clock.Read());
    }

    [Fact]
    public void B11_a_wall_clock_that_is_set_back_moves_nothing_and_hides_no_later_suspension()
    {
        Assert.Equal(7 * Second, Clock.Read());
        _wall -= 86_400 * Second;
        Pass(Second);
        Assert.Equal(8 * Second, Clock.Read());
        _wall += 10 * Second;
        Assert.Equal(18 * Second, Clock.Read());
    }

    [Fact]
    public void B11_a_wall_clock_that_is_slewed_is_no_suspension()
    {
        Assert.Equal(7 * Second, Clock.Read());
        for (var minute = 0; minute < 60; minute++)
        {
            Pass(60 * Second);
            _wall += 30 * Millisecond;   // 500 ppm, the most that an honest time service slews by
            Clock.Read();
        }
        Assert.Equal(3607 * Second, Clock.Read());
    }

    private void Pass(long nanoseconds)
    {
        _monotonic += nanoseconds;
        _wall += nanoseconds;
    }

    private static TimeSpan Uptime() =>
        TimeSpan.FromSeconds(double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture));
}
