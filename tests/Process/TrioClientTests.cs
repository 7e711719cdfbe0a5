using System.Diagnostics;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Crashes;

/// <summary>
/// Other people's clients connected to all three members, while those are killed, stopped, suspended and cut off, and come back: each client
/// keeps its session, reads what was acknowledged, and is disconnected exactly as often as the member it was connected to has ended.
/// </summary>
public sealed class TrioClientTests
{
    private const int Continue = 18, Suspend = 19;

    private static readonly TimeSpan ThreeElectionTimeouts = TimeSpan.FromMilliseconds(3 * 500);

    [Fact(Timeout = 640_000)]
    public Task Kazoo_notices_only_the_end_of_the_member_it_is_connected_to() => EndOneByOne(Kazoo(), TestContext.Current.CancellationToken);

    [Fact(Timeout = 640_000)]
    public Task The_Java_client_notices_only_the_end_of_the_member_it_is_connected_to() => EndOneByOne(Java(), TestContext.Current.CancellationToken);

    [Fact(Timeout = 640_000)]
    public Task Kazoo_stays_with_a_member_that_nobody_hears_of_and_outlives_the_loss_of_two() => Worse(Kazoo(), TestContext.Current.CancellationToken);

    [Fact(Timeout = 640_000)]
    public Task The_Java_client_stays_with_a_member_that_nobody_hears_of_and_outlives_the_loss_of_two() =>
        Worse(Java(), TestContext.Current.CancellationToken);

    private static async Task EndOneByOne((string Root, Func<string, ProcessStartInfo> Command) script, CancellationToken cancel)
    {
        await using var trio = Trio.OfQuorate();
        await trio.Start(cancel);
        var onlookers = await Onlookers.Start(trio, script.Root, script.Command, cancel);
        foreach (var (isLeader, isKilled) in ((bool, bool)[])[(false, true), (true, true), (true, false), (false, false)])
        {
            var leader = await trio.Leader(cancel);
            var victim = isLeader ? leader : trio.Others(leader)[0];
            await onlookers.ExpectEnd(victim, cancel);
            await (isKilled ? victim.Kill() : victim.Terminate(cancel));
            await onlookers.AllGoOn(cancel);
            await trio.Restart(victim, cancel);
            await onlookers.AllGoOn(cancel);
        }
        await onlookers.End(cancel);
    }

    private static async Task Worse((string Root, Func<string, ProcessStartInfo> Command) script, CancellationToken cancel)
    {
        await using var trio = Trio.OnAnyLinks();
        await trio.Start(cancel);
        var onlookers = await Onlookers.Start(trio, script.Root, script.Command, cancel);

        var leader = await trio.Leader(cancel);
        await Silence(trio, onlookers, leader, () => leader.Signal(Suspend, cancel), () => leader.Signal(Continue, cancel), cancel);
        leader = await trio.Leader(cancel);
        foreach (var lonely in (ServerProcess[])[leader, trio.Others(leader)[0]])
        {
            var others = trio.Others(lonely);
            await Silence(trio, onlookers, lonely, Now(() => trio.Cut(lonely, others)), Now(() => trio.Mend(lonely, others)), cancel);
        }

        await KillTwo(trio, onlookers, cancel);
        await StopTwo(trio, onlookers, cancel);
        await onlookers.End(cancel);
    }

    /// <summary>For a while nothing is heard of a member: its client waits, and that of the others is answered.</summary>
    private static async Task Silence(
        Trio trio, Onlookers onlookers, ServerProcess lonely, Func<Task> begin, Func<Task> end, CancellationToken cancel)
    {
        var waiting = await onlookers.At(lonely, cancel);
        Assert.Single(waiting);   // as at first: nobody has had a reason to go elsewhere
        await begin();
        await onlookers.OthersGoOn(waiting, lonely, cancel);
        await Task.Delay(ThreeElectionTimeouts, cancel);
        await end();
        await onlookers.AllGoOn(cancel);
    }

    /// <summary>The leader and another one at once. The third one's client waits until they are back; theirs ask the third, and wait there.</summary>
    private static async Task KillTwo(Trio trio, Onlookers onlookers, CancellationToken cancel)
    {
        var survivor = trio.Others(await trio.Leader(cancel))[0];
        var victims = trio.Others(survivor);
        foreach (var victim in victims)
            await onlookers.ExpectEnd(victim, cancel);
        // Suspended before they are killed, so that nobody flees from one to the other, and is disconnected there a second time.
        foreach (var victim in victims)
            await victim.Signal(Suspend, cancel);
        foreach (var victim in victims)
            await victim.Kill();
        await ComeBack(trio, onlookers, survivor, cancel);
    }

    /// <summary>The leader, and when its clients are elsewhere, whoever has the first of them.</summary>
    private static async Task StopTwo(Trio trio, Onlookers onlookers, CancellationToken cancel)
    {
        var first = await trio.Leader(cancel);
        await Stop(first);
        await onlookers.AllGoOn(cancel);
        var second = trio.Others(first)[0];
        if (!(await onlookers.At(second, cancel)).Contains(0))
            second = trio.Others(first, second)[0];
        await Stop(second);
        await ComeBack(trio, onlookers, trio.Others(first, second)[0], cancel);

        async Task Stop(ServerProcess victim)
        {
            await onlookers.ExpectEnd(victim, cancel);
            Assert.Equal(0, await victim.Terminate(cancel));
        }
    }

    private static async Task ComeBack(Trio trio, Onlookers onlookers, ServerProcess survivor, CancellationToken cancel)
    {
        await trio.Until(async () => await survivor.Mode(cancel) is null, "a member without the others serves no more", cancel);
        await Task.Delay(ThreeElectionTimeouts, cancel);
        foreach (var other in trio.Others(survivor))
            other.Launch();
        foreach (var member in trio.Members)
            await trio.Serves(member, cancel);
        await onlookers.AllGoOn(cancel);
    }

    private static Func<Task> Now(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };

    private static (string Root, Func<string, ProcessStartInfo> Command) Kazoo()
    {
        Tools.NeedKazoo();
        return ("/kazoo-failover", static endpoints => new(Tools.PythonWithKazoo!) { ArgumentList = { "-B", Script.PathOf("failover.py"), endpoints } });
    }

    private static (string Root, Func<string, ProcessStartInfo> Command) Java()
    {
        Tools.NeedCurator();
        var jars = $"{Tools.JarFolder}/zookeeper.jar:{Tools.JarFolder}/slf4j-nop.jar";
        return ("/java-failover", endpoints => new(Tools.Java!)
        {
            ArgumentList = { "-XX:TieredStopAtLevel=1", "-cp", jars, Script.PathOf("Failover.java"), endpoints },
        });
    }
}
