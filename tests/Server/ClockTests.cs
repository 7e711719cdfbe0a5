using Quorate.Kernel;
using Quorate.Kernel.Trees;

namespace Quorate.Tests.Servers;

/// <summary>A wall clock that is set: a line in the log, and nobody's session, write or order is any different for it.</summary>
public sealed class ClockTests
{
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    [Fact]
    public void A_clock_that_jumps_a_year_is_told_of_and_changes_no_session_and_no_order()
    {
        var world = World.Serving();
        var client = world.Client(timeout: 8000);
        client.Ephemeral("/mine").Go().Expect("create /mine");
        world.SetWallClock(Year);
        client.Create("/forward").Go().Expect("create /forward");
        world.Wait(5);
        client.Ping().Go().Expect("pong");
        world.SetWallClock(-2 * Year);
        client.Create("/back").Go().Expect("create /back");
        world.Wait(7.9);
        Assert.False(client.IsHungUp);
        world.Client().Exists("/mine").Go().Expect("exists v0");
        Assert.Equal(
            ["was set forward by 365 days", "was set back by 730 days"],
            world.Notes.Where(IsAboutTheClock).Select(note => note["Warning: The computer's clock ".Length..note.IndexOf('.', StringComparison.Ordinal)]));

        // Never back: who was made later has the later time, whatever the clock said.
        var (mine, forward, back) = (CreatedAt(world, "/mine"), CreatedAt(world, "/forward"), CreatedAt(world, "/back"));
        Assert.Equal(Year.TotalMilliseconds, forward - mine);
        Assert.InRange(back, forward, forward + 10_000);

        // And the silent are closed in their time.
        world.Wait(0.2);
        world.Client().Exists("/mine").Go().Expect("exists NoNode");
    }

    [Fact]
    public void Small_corrections_and_a_host_that_was_late_are_nobodys_business()
    {
        var world = World.Serving();
        for (var i = 0; i < 100; i++)
        {
            world.SetWallClock(TimeSpan.FromSeconds(59));
            world.Wait(1);
        }
        world.Sleep(3600);
        world.Tick();
        Assert.DoesNotContain(world.Notes, IsAboutTheClock);
    }

    private static bool IsAboutTheClock(string note) => note.Contains("clock was set", StringComparison.Ordinal);

    private static long CreatedAt(World world, string path)
    {
        var tree = world.Server.Machine.Tree;
        return tree.StatOf(tree.Find(System.Text.Encoding.UTF8.GetBytes(path))).Ctime;
    }
}
