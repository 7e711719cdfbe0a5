using System.Diagnostics;
using System.Text;

namespace Quorate.Tests.Foreign;

/// <summary>A program of another language, run to its end, with its output read.</summary>
internal static class Script
{
    /// <summary>Beyond the alarm that the scripts set themselves.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(480);

    /// <summary>The line that a script ends with when all is well.</summary>
    public const string Verdict = "VERDICT ok";

    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Foreign", "scripts", name);

    /// <summary>Runs a program that judges for itself; gives what it printed.</summary>
    public static async Task<string> RunToVerdict(ProcessStartInfo command, CancellationToken cancel, TimeSpan? patience = null)
    {
        var (exit, output) = await Run(command, cancel, patience);
        Assert.True(exit == 0 && output.Split('\n').Contains(Verdict), $"exit {exit}\n{output}");
        return output;
    }

    /// <summary>Runs a program and returns what it printed, errors included.</summary>
    public static async Task<(int Exit, string Output)> Run(ProcessStartInfo command, CancellationToken cancel, TimeSpan? patience = null)
    {
        (command.RedirectStandardInput, command.RedirectStandardOutput, command.RedirectStandardError) = (true, true, true);
        var output = new StringBuilder();
        using var process = new Process { StartInfo = command };
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        end.CancelAfter(patience ?? Patience);
        try
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync(end.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{command.FileName} did not end:\n{Text()}");
        }
        return (process.ExitCode, Text());

        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (output)
                output.AppendLine(line.Data);
        }

        string Text()
        {
            lock (output)
                return output.ToString();
        }
    }
}
