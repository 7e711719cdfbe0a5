using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Quorate.Client;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Crashes;

/// <summary>
/// The sample MasterElection, two copies of it, before three members: the master is stopped (SIGSTOP) beyond its session, and comes back.
/// </summary>
public sealed partial class MasterElectionTests
{
    private const int Kill = 9, Stop = 19, Continue = 18;

    [Fact(Timeout = 300_000)]
    public async Task A_master_that_was_stopped_for_too_long_stops_by_itself_and_never_writes_again()
    {
        var cancel = TestContext.Current.CancellationToken;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SIGSTOP and SIGCONT have other numbers there");
        await using var trio = Trio.OfQuorate();
        await trio.Start(cancel);
        var servers = string.Join(',', trio.Members.Select(static member => member.Endpoint));
        var patience = TimeSpan.FromSeconds(60);
        var options = new ZooClientOptions { ConnectionString = servers, SessionTimeout = patience, ConnectTimeout = patience };
        await using var client = await ZooClient.ConnectAsync(options, cancel);
        using var first = new Copy(servers, "copy-1");
        await trio.Until(() => first.Said().Contains("wrote 2 ", StringComparison.Ordinal), "the first copy works", cancel);
        using var second = new Copy(servers, "copy-2");
        await trio.Until(() => second.Said().Contains("waits for its turn", StringComparison.Ordinal), "the second copy waits", cancel);

        // The first, unless this machine was so slow meanwhile that the second has followed it.
        var oldToken = await Token(client, cancel);
        var (old, next) = WritesUnder(oldToken, second) > 0 ? (second, first) : (first, second);
        old.Signal(Stop);
        var newToken = oldToken;
        await trio.Until(
            async () => (newToken = await Token(client, cancel)) > oldToken && WritesUnder(newToken, next) >= 2, "the other copy works", cancel);
        var writtenBefore = WritesUnder(oldToken, old);
        var (ends, waits, offices) = (Ends().Count(old.Said()), Waits().Count(old.Said()), Offices().Count(old.Said()));

        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var tokens = Tokens(client, watching.Token);
        old.Signal(Continue);
        await trio.Until(() => Ends().Count(old.Said()) > ends, "the copy that was stopped stops by itself", cancel);
        await trio.Until(() => Waits().Count(old.Said()) > waits, "it stands again", cancel);
        // What is written now, under guard, comes behind all that it may have sent when it came back.
        var ledger = (await client.GetDataAsync("/batch-ledger", cancel)).Stat.Version;
        await trio.Until(
            async () => (await client.GetDataAsync("/batch-ledger", cancel)).Stat.Version >= ledger + 3, "work goes on", cancel);
        Assert.True(await Token(client, cancel) >= newToken);
        // One may have been carried out before it was stopped, and answered afterwards.
        Assert.InRange(WritesUnder(oldToken, old), writtenBefore, writtenBefore + 1);
        await watching.CancelAsync();
        Assert.Equal([.. (await tokens).Order()], await tokens);

        next.Signal(Kill);
        await trio.Until(() => Offices().Count(old.Said()) > offices, "it is master again", cancel);
    }

    /// <summary>The tokens under which the ledger is written, one after the other, until it is looked at no more.</summary>
    private static async Task<List<long>> Tokens(ZooClient client, CancellationToken until)
    {
        var tokens = new List<long>();
        while (!until.IsCancellationRequested)
        {
            var ledger = await client.WatchDataAsync("/batch-ledger", CancellationToken.None);
            tokens.Add(TokenIn(ledger.Value.Data));
            await ledger.Changed;
        }
        return tokens;
    }

    private static int WritesUnder(long token, Copy copy) => Regex.Count(copy.Said(), $"wrote [0-9]+ under 0x{token:x}\\b");

    /// <summary>The token under which the ledger was written last.</summary>
    private static async Task<long> Token(ZooClient client, CancellationToken cancel) =>
        TokenIn((await client.GetDataAsync("/batch-ledger", cancel)).Data);

    private static long TokenIn(byte[] ledger) =>
        long.Parse(Encoding.UTF8.GetString(ledger).Split(' ')[0].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex("waits for its turn")]
    private static partial Regex Waits();

    [GeneratedRegex("MASTER no longer")]
    private static partial Regex Ends();

    [GeneratedRegex("wrote 1 under ")]
    private static partial Regex Offices();

    /// <summary>One copy of the sample, as built beside the tests.</summary>
    private sealed class Copy : IDisposable
    {
        private readonly StringBuilder _said = new();
        private readonly Process _process;

        public Copy(string servers, string name)
        {
            var start = new ProcessStartInfo(
                Tools.Dotnet, [QuorateProcess.FileOf("hosts/samples/MasterElection", "MasterElection"), servers, name])
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
