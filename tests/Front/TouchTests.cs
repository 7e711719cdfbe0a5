using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Front;

/// <summary>Pongs and syncs of sessions whose touch cannot be recorded at once: they wait, and nothing waits for ever.</summary>
public class TouchTests
{
    private readonly FrontWorld _world = new();

    [Fact]
    public void Who_waits_for_a_touch_that_the_log_has_no_room_for_is_answered_when_it_has()
    {
        var client = _world.Client(timeout: 4000);
        Assert.True(Silence(2000) > TimeSpan.Zero);
        _world.HasRoom = false;
        client.Send(Ask.Ping, Ask.Path(1, OpCode.Sync, "/"), Ask.Path(2, OpCode.Sync, "/"));
        _world.Settle();
        Assert.False(client.HasReceived);
        _world.HasRoom = true;
        _world.Settle();
        Assert.Equal(["-2 Ok", "1 Ok", "2 Ok"], client.TakeAll());
    }

    [Fact]
    public void A_linearizable_read_waits_for_that_room_and_no_longer()
    {
        var world = new FrontWorld(new() { LinearizableReads = true });
        var client = world.Client(timeout: 4000);
        world.Wait(2000);
        Assert.True(world.Front.Expiry.TryTake(world.Now, out _, out _));
        world.HasRoom = false;
        client.Send(Ask.Read(1, OpCode.Exists, "/"));
        world.Settle();
        Assert.False(client.HasReceived);
        world.HasRoom = true;
        world.Settle();
        Assert.Equal(["1 Ok"], client.TakeAll());
    }

    [Fact]
    public void A6_a_session_that_is_being_closed_is_promised_nothing_unless_another_leader_keeps_it()
    {
        var client = _world.Client(timeout: 4000);
        Assert.True(Silence(2000) > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, Silence(2000));
        client.Send(Ask.Ping, Ask.Path(1, OpCode.Sync, "/"));
        _world.Settle();
        Assert.False(client.HasReceived);
        // The close is lost with this member's leadership; whoever leads now has been told of the ping.
        _world.Leads = false;
        _world.Front.LeaderChanged(_world.Now);
        Assert.True(_world.Front.Claims.HasHeard);
        _world.Settle();
        Assert.Equal(["-2 Ok", "1 Ok"], client.TakeAll());
    }

    [Fact]
    public void A_new_leader_promises_nothing_that_waited_before_it_has_recorded_the_touch()
    {
        var client = _world.Client(timeout: 4000);
        _world.Leads = false;
        client.Send(Ask.Ping, Ask.Path(1, OpCode.Sync, "/"));
        _world.Machine.Sessions.Silence(_world.Machine.Sessions.Find(new(client.Session)), 2500);
        (_world.Leads, _world.HasRoom) = (true, false);
        _world.Front.Expiry.Begin(_world.Machine.Sessions, _world.Now);
        _world.Front.LeaderChanged(_world.Now);
        _world.Settle();
        Assert.False(client.HasReceived);
        _world.HasRoom = true;
        _world.Settle();
        Assert.Equal(["-2 Ok", "1 Ok"], client.TakeAll());
        Assert.Contains(CommandKind.Touched, _world.Proposed);
    }

    /// <summary>Lets so many milliseconds pass in which the one session is silent; what the log is told of it.</summary>
    private TimeSpan Silence(int milliseconds)
    {
        _world.Wait(milliseconds);
        Assert.True(_world.Front.Expiry.TryTake(_world.Now, out _, out var silence));
        return silence;
    }
}
