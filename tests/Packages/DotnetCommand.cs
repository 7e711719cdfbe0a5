using System.Diagnostics;
using System.Runtime.InteropServices;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Packages;

/// <summary>The SDK's own commands, started from a test that one of them has started.</summary>
internal static class DotnetCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>The folder of Kernel.sln.</summary>
    public static string Root
    {
        get
        {
            var root = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(root.FullName, "Kernel.sln")))
                root = root.Parent ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not below a Kernel.sln");
            return root.FullName;
        }
    }

    /// <summary>What these tests were built as: Debug or Release.</summary>
    public static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>Runs a command to its end, and returns what it printed; it must end well.</summary>
    public static async Task<string> Run(string folder, CancellationToken cancel, params string[] arguments)
    {
        var (code, output) = await Script.Run(Of(folder, Tools.Dotnet, arguments), cancel, Patience);
        Assert.True(code == 0, $"dotnet {string.Join(' ', arguments)} ended with {code}\n{output}");
        return output;
    }

    /// <summary>A program as it is started outside of any build, that leaves no compiler or build node behind.</summary>
    public static ProcessStartInfo Of(string folder, string program, params string[] arguments)
    {
        var command = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder };
        foreach (var name in command.Environment.Keys.Where(static name => name.StartsWith("MSBuild", StringComparison.Ordinal)).ToList())
            command.Environment.Remove(name);   // of the dotnet that runs these tests
        foreach (var (name, value) in ((string, string)[])[
            ("DOTNET_ROOT", Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory())), ("DOTNET_NOLOGO", "1"),
            ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"), ("MSBUILDDISABLENODEREUSE", "1"), ("UseSharedCompilation", "false")])
            command.Environment[name] = value;
        return command;
    }
}
