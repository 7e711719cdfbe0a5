using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Hosts;

/// <summary>quorate ensemble, as a process with processes of its own.</summary>
public sealed partial class EnsembleCommandTests : IDisposable
{
    private const int Kill = 9, Terminate = 15;

    private readonly TempFolder _folder = new();
    private readonly List<Process> _started = [];
    private readonly ConcurrentDictionary<int, int> _members = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            process.Dispose();
        }
        _folder.Dispose();
    }

    [Fact]
    public async Task Three_members_are_started_linked_watched_stopped_and_started_again_where_they_were()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no signals here");
        var first = Start("--members", "3");
        var greeting = await Until(first, line => line.Contains("Ctrl-C", StringComparison.Ordinal));
        Assert.Equal(3, _members.Count);
        Assert.Contains(greeting, line => ConnectLine().IsMatch(line));
        for (var id = 1; id <= 3; id++)
            Assert.Equal(Text(id), File.ReadAllText(_folder[$"member-{id}/data/myid"]).Trim());
        await UntilLinked(first);

        await Signal(_members[2], Kill);
        var told = (await Until(first, line => line.StartsWith("2 | was killed by signal 9", StringComparison.Ordinal)))[^1];
        Assert.EndsWith($"quorate serve {_folder["member-2/zoo.cfg"]}", told, StringComparison.Ordinal);
        Assert.Equal(2, await Stop(first));

        var second = Start();
        var again = await Until(second, line => line.Contains("Ctrl-C", StringComparison.Ordinal));
        Assert.Equal(greeting.Single(line => ConnectLine().IsMatch(line)), again.Single(line => ConnectLine().IsMatch(line)));
        await UntilLinked(second);
        Assert.Equal(0, await Stop(second));
    }

    [Theory]
    [InlineData("--members 10", "--members 10 is not allowed: 1 to 9.")]
    [InlineData("--members 0", "--members 0 is not allowed: 1 to 9.")]
    [InlineData("--port 65535", "--port 65535 is not allowed")]
    public async Task What_is_not_possible_is_refused_in_one_line(string arguments, string refusal)
    {
        var process = Start(arguments.Split(' '));
        Assert.StartsWith($"quorate: {refusal}", (await process.StandardError.ReadToEndAsync(Cancel)).TrimEnd(), StringComparison.Ordinal);
        await process.WaitForExitAsync(Cancel);
        Assert.Equal(1, process.ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_folder_with_another_number_of_members_is_not_taken_over()
    {
        Directory.CreateDirectory(_folder["member-1"]);
        File.WriteAllText(_folder["member-1/zoo.cfg"], "");
        var process = Start("--members", "3");
        Assert.Contains("holds an ensemble of 1", await process.StandardError.ReadToEndAsync(Cancel), StringComparison.Ordinal);
    }

    private Process Start(params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(Tools.Dotnet, [QuorateProcess.CommandFile(), "ensemble", "--dir", _folder.Path, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _started.Add(process);
        return process;
    }

    /// <summary>Each member has said of each other that it is linked.</summary>
    private async Task UntilLinked(Process process)
    {
        var links = 0;
        await Until(process, line => line.Contains("Linked with member", StringComparison.Ordinal) && ++links == 6);
    }

    /// <summary>Reads lines up to one; gives all of them.</summary>
    private async Task<List<string>> Until(Process process, Func<string, bool> isLast)
    {
        var lines = new List<string>();
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        late.CancelAfter(TimeSpan.FromSeconds(120));
        try
        {
            while (await process.StandardOutput.ReadLineAsync(late.Token) is { } line)
            {
                lines.Add(line);
                if (MemberLine().Match(line) is { Success: true } member)
                    _members[Number(member.Groups[1])] = Number(member.Groups[2]);
                if (isLast(line))
                    return lines;
            }
        }
        catch (OperationCanceledException)
        {
            // Reported below, with what was said.
        }
        throw new Xunit.Sdk.XunitException($"The awaited line did not come:\n{string.Join('\n', lines)}");
    }

    private static async Task<int> Stop(Process process)
    {
        await Signal(process.Id, Terminate);
        await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(90), Cancel);
        return process.ExitCode;
    }

    private static async Task Signal(int process, int signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", Text(process)]);
        await kill.WaitForExitAsync(Cancel);
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^  member (\d)  clients 127\.0\.0\.1:\d+  process (\d+)  ")]
    private static partial Regex MemberLine();

    [GeneratedRegex(@"^  connect   zkCli\.sh -server 127\.0\.0\.1:\d+,127\.0\.0\.1:\d+,127\.0\.0\.1:\d+$")]
    private static partial Regex ConnectLine();
}
