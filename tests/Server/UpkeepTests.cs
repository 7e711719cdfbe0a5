using Quorate.Kernel;
using Quorate.Kernel.Wire;
using Quorate.Tests.Front;

namespace Quorate.Tests.Servers;

/// <summary>What time alone brings about, besides the end of sessions.</summary>
public class UpkeepTests
{
    [Fact]
    public void More_containers_than_one_look_takes_in_are_all_looked_over_at_one_instant()
    {
        var world = World.Serving();
        var client = world.Client(timeout: 40_000);
        for (var i = 0; i < 1000; i++)
        {
            var path = $"/c{i}";
            client.Request("container", OpCode.CreateContainer, w => Create(w, path, 4));
            client.Create(path + "/child").Delete(path + "/child");
        }
        client.Go().Take();
        Assert.Equal(1004, world.Server.ZnodeCount);
        for (var seconds = 0; seconds < 61; seconds += 10)
        {
            client.Ping().Go();
            world.Wait(10);
        }
        Assert.Equal(4, world.Server.ZnodeCount);
    }

    [Fact]
    public void A_ttl_znode_goes_when_its_time_has_passed_and_not_before()
    {
        var world = World.Serving(new() { ContainerCheckInterval = TimeSpan.FromSeconds(1) });
        var client = world.Client(timeout: 40_000);
        client.Request("ttl", OpCode.CreateTtl, w =>
        {
            Create(w, "/t", 5);
            w.Long(5000);
        });
        client.Go().Take();
        world.Wait(4.9);
        client.Exists("/t", watch: true).Go().Expect("exists v0");
        world.Wait(2);
        client.Expect("! NodeDeleted /t");
    }

    private static void Create(JuteWriter writer, string path, int flags)
    {
        Ask.Text(writer, path);
        Ask.Text(writer, "");
        Ask.Open(writer);
        writer.Int(flags);
    }
}
