using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Quorate.Tests.Foreign;

/// <summary>
/// A shell of another client, talked to line by line: a script line "> x" is typed, a line "&lt; pattern" waits until what came since then
/// matches. What a shell says of its own accord, as of a watch, comes when it comes; so no order is asked for within one line's answers.
/// </summary>
internal static class Conversation
{
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(60);

    public static async Task Hold(string script, ProcessStartInfo command, CancellationToken cancel)
    {
        (command.RedirectStandardInput, command.RedirectStandardOutput, command.RedirectStandardError) = (true, true, true);
        var heard = new StringBuilder();
        using var process = new Process { StartInfo = command };
        process.OutputDataReceived += Hear;
        process.ErrorDataReceived += Hear;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            var since = 0;
            foreach (var line in await File.ReadAllLinesAsync(Script.PathOf(script), cancel))
            {
                if (line.StartsWith("> ", StringComparison.Ordinal))
                {
                    since = Text().Length;
                    await process.StandardInput.WriteLineAsync(line.AsMemory(2), cancel);
                    await process.StandardInput.FlushAsync(cancel);
                }
                else if (line.StartsWith("< ", StringComparison.Ordinal))
                {
                    await Await(line[2..], since);
                }
            }
            process.StandardInput.Close();
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(AnswerPatience);
            await process.WaitForExitAsync(patience.Token);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }

        async Task Await(string pattern, int since)
        {
            var deadline = DateTimeOffset.UtcNow + AnswerPatience;
            while (!Regex.IsMatch(Text()[since..], pattern, RegexOptions.Multiline))
            {
                Assert.True(DateTimeOffset.UtcNow < deadline, $"no answer matches {pattern}:\n{Text()}");
                if (process.HasExited)
                {
                    // What it said last may still be on its way to us.
                    await process.WaitForExitAsync(cancel);
                    deadline = DateTimeOffset.MinValue;
                }
                else
                {
                    await Task.Delay(10, cancel);
                }
            }
        }

        void Hear(object sender, DataReceivedEventArgs line)
        {
            lock (heard)
                heard.Append(line.Data).Append('\n');
        }

        string Text()
        {
            lock (heard)
                return heard.ToString();
        }
    }
}
