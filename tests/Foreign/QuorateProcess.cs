using System.Diagnostics;
using System.Net;

namespace Quorate.Tests.Foreign;

/// <summary>The command of this repository, as built beside the tests; in a network namespace, if one is named.</summary>
internal sealed class QuorateProcess(IReadOnlyDictionary<string, string> settings, IPAddress? address = null, string? space = null)
    : ServerProcess(settings, address)
{
    protected override ProcessStartInfo Command => space is null
        ? new(Tools.Dotnet, [CommandFile(), "serve", Config])
        : new("ip", ["netns", "exec", space, Tools.Dotnet, CommandFile(), "serve", Config]);

    /// <summary>Runs another verb to its end: its exit code, and what it printed.</summary>
    public static async Task<(int Code, string Output, string Errors)> Run(CancellationToken cancel, params string[] arguments)
    {
        var start = new ProcessStartInfo(Tools.Dotnet) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[CommandFile(), .. arguments])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var errors = process.StandardError.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, await output, await errors);
    }

    public static string CommandFile() => FileOf("hosts/quorate", "quorate");

    /// <summary>
    /// A program of this repository: FOLDER/bin/[configuration]/[framework]/NAME.dll, with configuration and framework those of the tests.
    /// </summary>
    public static string FileOf(string folder, string name)
    {
        var tests = new DirectoryInfo(AppContext.BaseDirectory);
        var (framework, configuration) = (tests.Name, tests.Parent!.Name);
        var root = tests;
        while (!File.Exists(Path.Combine(root.FullName, "Kernel.sln")))
            root = root.Parent ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not below a Kernel.sln");
        var file = Path.Combine(root.FullName, folder, "bin", configuration, framework, name + ".dll");
        return File.Exists(file) ? file : throw new InvalidOperationException($"{file} has not been built");
    }
}
