using Quorate.Kernel.Recipes;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Recipes;

/// <summary>Who waits for whom, by the names of the znodes.</summary>
public sealed class DisciplineTests
{
    [Theory]
    [InlineData("Lock", QueueLayout.Curator, "~lock-", "a-lock-0000000001", true)]
    [InlineData("Lock", QueueLayout.Curator, "~lock-", "a__lock__0000000001", false)]
    [InlineData("Lock", QueueLayout.Curator, "~lock-", "a-lock-000000001", false)]
    [InlineData("Lock", QueueLayout.Curator, "~lock-", "a-lock-0000000001x", false)]
    [InlineData("Lock", QueueLayout.Curator, "~lock-", "a-lock-0000000007", false)]
    [InlineData("Election", QueueLayout.Curator, "~latch-", "a-latch-0000000001", true)]
    [InlineData("Election", QueueLayout.Kazoo, "~__lock__", "a__lock__0000000001", true)]
    [InlineData("Lock", QueueLayout.Kazoo, "~__lock__", "a__rlock__0000000001", false)]
    [InlineData("Read", QueueLayout.Curator, "~__READ__", "a__WRIT__0000000001", true)]
    [InlineData("Read", QueueLayout.Curator, "~__READ__", "a__READ__0000000001", false)]
    [InlineData("Write", QueueLayout.Curator, "~__WRIT__", "a__READ__0000000001", true)]
    [InlineData("Write", QueueLayout.Curator, "~__WRIT__", "a__WRIT__0000000001", true)]
    [InlineData("Read", QueueLayout.Kazoo, "~__rlock__", "a__lock__0000000001", true)]
    [InlineData("Read", QueueLayout.Kazoo, "~__rlock__", "a__rlock__0000000001", false)]
    [InlineData("Write", QueueLayout.Kazoo, "~__lock__", "a__rlock__0000000001", true)]
    public void Who_stands_ahead_with_a_marker_that_excludes_is_waited_for(
        string kind, QueueLayout layout, string own, string other, bool waits)
    {
        var discipline = kind switch
        {
            "Lock" => Discipline.Lock(layout),
            "Election" => Discipline.Election(layout),
            "Read" => Discipline.Read(layout),
            _ => Discipline.Write(layout),
        };
        var stage = new Stage(discipline);
        Assert.Equal($"Create /q/{own}", stage.Said());
        stage.Created(own + "0000000005").Read(0x77).Said();
        Assert.Equal(waits ? $"GetData /q/{other}" : "Won 0x77", stage.Listed(other, own + "0000000005").Said());
    }

    [Fact]
    public void A_semaphore_lets_so_many_in_and_the_rest_watch_as_many_right_ahead_of_them()
    {
        var stage = new Stage(Discipline.Semaphore(2));
        stage.Created("~lease-0000000005").Read(0x77).Said();
        stage.Listed("c-lease-0000000003", "~lease-0000000005", "a-lease-0000000001", "d-lease-0000000004", "b-lease-0000000002");
        Assert.Equal("GetData /q/d-lease-0000000004; GetData /q/c-lease-0000000003", stage.Said());
        stage.Read(0x66, owner: 5).Read(0x65, owner: 6);
        Assert.Equal("GetChildren /q", stage.Event("c-lease-0000000003").Said());
        Assert.Equal("GetData /q/b-lease-0000000002", stage.Listed("~lease-0000000005", "b-lease-0000000002", "d-lease-0000000004").Said());
        stage.Event("d-lease-0000000004").Said();
        Assert.Equal("Won 0x77", stage.Listed("~lease-0000000005", "b-lease-0000000002").Said());
    }

    [Fact]
    public void A_semaphore_needs_a_place() => Assert.Throws<ArgumentOutOfRangeException>(() => Discipline.Semaphore(0));
}
