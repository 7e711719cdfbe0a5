using System.Diagnostics;
using System.Globalization;
using Quorate.Hosts.Tcp;
using Quorate.Tests.Crashes;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Hosts;

/// <summary>The command quorate, as a process of its own.</summary>
public sealed class CommandTests : IDisposable
{
    private const int Interrupt = 2, Terminate = 15;

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_version_is_printed()
    {
        var (code, output, _) = await Run("--version");
        Assert.Equal(0, code);
        Assert.Matches(@"^\d+\.\d+\.\d+", output);
    }

    [Fact]
    public async Task The_help_of_serve_has_every_key_and_says_where_else_they_may_stand()
    {
        var (code, output, _) = await Run("serve", "--help");
        Assert.Equal(0, code);
        Assert.Contains("QUORATE_clientPort=2181", output, StringComparison.Ordinal);
        foreach (var (name, _) in ZooConfig.Keys)
            Assert.Contains($"--{name} ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tickTime=abc", "zoo.cfg:3: tickTime=abc is not allowed")]
    [InlineData("server.1=a:1:2\nserver.2=b:1:2", "myid is missing")]
    [InlineData("secureClientPort=1\nssl.keyStore.location=/none.pem", "/none.pem")]
    [InlineData("clientPortAddress=203.0.113.7", "This machine has no address 203.0.113.7")]
    public async Task What_is_refused_is_one_line_and_exit_code_1(string line, string part)
    {
        var config = _folder.Write("zoo.cfg", $"dataDir={_folder["data"]}\nclientPort=2199\n{line}\n");
        var (code, output, errors) = await Run("serve", config);
        Assert.Equal(1, code);
        Assert.Equal("", output);
        var lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var refusal = Assert.Single(lines, text => text.StartsWith("quorate: ", StringComparison.Ordinal));
        Assert.Contains(part, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_any_port_is_refused()
    {
        var (code, _, errors) = await Run("serve", "--clientPort", "0", "--dataDir", _folder.Path);
        Assert.Equal(1, code);
        Assert.Contains("say where clients connect", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Terminate)]
    [InlineData(Interrupt)]
    public async Task A_server_says_where_it_is_and_ends_in_order_when_it_is_asked_to(int signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no signals here");
        var port = ServerProcess.FreePort();
        using var server = Start("serve", "--dataDir", _folder.Path, "--clientPort", Text(port));
        var greeting = new List<string>();
        while (await server.StandardOutput.ReadLineAsync(Cancel) is { } line)
        {
            greeting.Add(line);
            if (line.Contains("zkCli.sh", StringComparison.Ordinal))
                break;
        }
        Assert.Contains(greeting, line => line.Contains(_folder.Path, StringComparison.Ordinal));
        Assert.Contains(greeting, line => line.EndsWith($"zkCli.sh -server 127.0.0.1:{port}", StringComparison.Ordinal));
        Assert.Contains(greeting, line => line.Contains("members", StringComparison.Ordinal));

        using var client = await RawClient.Connect(port, 40_000, Cancel);
        Assert.Equal(0, (await client.Create("/a", [], 0, Cancel)).Error);

        var (code, _, errors) = await Run("serve", "--dataDir", _folder.Path, "--clientPort", Text(ServerProcess.FreePort()));
        Assert.Equal(1, code);
        Assert.Contains($"process {server.Id}.", errors, StringComparison.Ordinal);

        using (var kill = Process.Start("kill", [$"-{signal}", Text(server.Id)]))
            await kill.WaitForExitAsync(Cancel);
        await server.WaitForExitAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        Assert.Equal(0, server.ExitCode);
    }

    private static async Task<(int Code, string Output, string Errors)> Run(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync(Cancel);
        var errors = process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(120), Cancel);
        return (process.ExitCode, await output, await errors);
    }

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Tools.Dotnet, [QuorateProcess.CommandFile(), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
