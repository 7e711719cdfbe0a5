using System.Diagnostics;

namespace Quorate.Tests.Foreign;

/// <summary>
/// Clients that know nothing of Quorate, each with scripts of its own, against a server that runs as a process. The same scripts run
/// against the real ZooKeeper, so that a script that asks too much of a server shows as one.
/// </summary>
public abstract class ForeignClients
{
    private readonly IServerFixture _fixture;

    private protected ForeignClients(IServerFixture fixture) => _fixture = fixture;

    [Theory]
    [InlineData("create_read")]
    [InlineData("watches")]
    [InlineData("ephemerals")]
    [InlineData("transactions")]
    [InlineData("acls")]
    [InlineData("reconnect")]
    [InlineData("expiry")]
    [InlineData("election")]
    [InlineData("lock")]
    [InlineData("counter")]
    [InlineData("party")]
    [InlineData("children_watch")]
    public async Task Kazoo(string script)
    {
        Tools.NeedKazoo();
        var server = await _fixture.Server();
        var command = new ProcessStartInfo(Tools.PythonWithKazoo!)
        {
            ArgumentList = { "-B", Script.PathOf(script + ".py"), server.Endpoint },
        };
        await Script.RunToVerdict(command, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_Java_shell()
    {
        Tools.NeedZkCli();
        var server = await _fixture.Server();
        var command = new ProcessStartInfo(Tools.ZkCli!) { ArgumentList = { "-server", server.Endpoint } };
        await Conversation.Hold("zkcli.conversation", command, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("JavaClient")]
    [InlineData("CuratorRecipes")]
    public async Task Java(string program)
    {
        Tools.NeedCurator();
        var server = await _fixture.Server();
        string[] jars = [$"{Tools.JarFolder}/curator-recipes.jar", $"{Tools.JarFolder}/zookeeper.jar", $"{Tools.JarFolder}/slf4j-nop.jar"];
        var command = new ProcessStartInfo(Tools.Java!)
        {
            ArgumentList = { "-XX:TieredStopAtLevel=1", "-cp", string.Join(':', jars), Script.PathOf(program + ".java"), server.Endpoint },
        };
        await Script.RunToVerdict(command, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_C_shell()
    {
        Tools.NeedCliMt();
        var server = await _fixture.Server();
        // Its output is kept back while it goes into a pipe; stdbuf makes it tell line by line.
        var command = new ProcessStartInfo("stdbuf") { ArgumentList = { "-o0", Tools.CliMt!, server.Endpoint } };
        await Conversation.Hold("cli_mt.conversation", command, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_C_library()
    {
        Tools.NeedCClient();
        var server = await _fixture.Server();
        var folder = Directory.CreateTempSubdirectory("quorate-test-");
        try
        {
            var program = Path.Combine(folder.FullName, "client");
            var compiler = new ProcessStartInfo(Tools.CCompiler!)
            {
                ArgumentList = { "-DTHREADED", "-o", program, Script.PathOf("client.c"), "-lzookeeper_mt" },
            };
            var (exit, output) = await Script.Run(compiler, TestContext.Current.CancellationToken);
            Assert.True(exit == 0, output);
            var command = new ProcessStartInfo(program) { ArgumentList = { server.Endpoint } };
            await Script.RunToVerdict(command, TestContext.Current.CancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

/// <summary>Quorate as foreign clients see it.</summary>
public sealed class ForeignClientsOfQuorate(QuorateFixture fixture) : ForeignClients(fixture), IClassFixture<QuorateFixture>;

/// <summary>The real ZooKeeper as the same clients see it.</summary>
public sealed class ForeignClientsOfZooKeeper(ZooKeeperFixture fixture) : ForeignClients(fixture), IClassFixture<ZooKeeperFixture>;
