using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Quorate.Client;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Crashes;

/// <summary>The sample MasterElection, two copies of it, before three members: the master is stopped (SIGSTOP) beyond its session, and comes back.</summary>
public sealed partial class MasterElectionTests
{
    private const int Stop = 19, Continue = 18;

    [Fact(Timeout = 300_000)]
    public async Task A_master_that_was_stopped_for_too_long_stops_by_itself_and_never_writes_again()
    {
        var cancel = TestContext.Current.CancellationToken;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SIGSTOP and SIGCONT have other numbers there");
        await using var trio = Trio.OfQuorate();
        await trio.Start(cancel);
        var servers = string.Join(',', trio.Members.Select(static member => member.Endpoint));
        await using var client = await ZooClient.ConnectAsync(servers, cancel);
        using var first = new Copy(servers, "copy-1");
        await trio.Until(() => first.Said().Contains("wrote 2 ", StringComparison.Ordinal), "the first copy works", cancel);
        using var second = new Copy(servers, "copy-2");
        await trio.Until(() => second.Said().Contains("waits for its turn", StringComparison.Ordinal), "the second copy waits", cancel);

        var oldToken = await Token(client, cancel);
        first.Signal(Stop);
        await trio.Until(() => second.Said().Contains("wrote 2 ", StringComparison.Ordinal), "the second copy works", cancel);
        var newToken = await Token(client, cancel);
        Assert.True(newToken > oldToken);

        first.Signal(Continue);
        await trio.Until(() => first.Said().Contains("MASTER no longer", StringComparison.Ordinal), "the first copy stops by itself", cancel);
        await trio.Until(() => Waits().Count(first.Said()) >= 2, "the first copy stands again", cancel);
        var written = Regex.Count(first.Said(), "wrote ");
        var before = Regex.Count(second.Said(), "wrote ");
        // Each write of the second, under guard, comes behind all that the first may have sent when it came back.
        await trio.Until(() => Regex.Count(second.Said(), "wrote ") >= before + 3, "the second copy goes on", cancel);
        Assert.Equal(newToken, await Token(client, cancel));
        Assert.Equal(written, Regex.Count(first.Said(), "wrote "));
        Assert.DoesNotContain($"wrote 1 under 0x{newToken:x}", first.Said(), StringComparison.Ordinal);

        second.Signal(9);
        await trio.Until(async () => await Token(client, cancel) > newToken, "the first copy is master again", cancel);
    }

    /// <summary>The token under which the ledger was written last.</summary>
    private static async Task<long> Token(ZooClient client, CancellationToken cancel)
    {
        var ledger = Encoding.UTF8.GetString((await client.GetDataAsync("/batch-ledger", cancel)).Data);
        return long.Parse(ledger.Split(' ')[0].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("waits for its turn")]
    private static partial Regex Waits();

    /// <summary>One copy of the sample, as built beside the tests.</summary>
    private sealed class Copy : IDisposable
    {
        private readonly StringBuilder _said = new();
        private readonly Process _process;

        public Copy(string servers, string name)
        {
            var start = new ProcessStartInfo(Tools.Dotnet, [QuorateProcess.FileOf("hosts/samples/MasterElection", "MasterElection"), servers, name])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            _process = new() { StartInfo = start };
            _process.OutputDataReceived += Keep;
            _process.ErrorDataReceived += Keep;
            _process.Start();
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public string Said()
        {
            lock (_said)
                return _said.ToString();
        }

        public void Signal(int signal)
        {
            using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
        }

        public void Dispose()
        {
            TestContext.Current.TestOutputHelper?.WriteLine(Said());
            if (!_process.HasExited)
                _process.Kill();
            _process.Dispose();
        }

        private void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (_said)
                _said.AppendLine(line.Data);
        }
    }
}
