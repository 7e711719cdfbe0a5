using System.Diagnostics;
using System.IO.Compression;
using System.Text.RegularExpressions;
using Quorate.Client;
using Quorate.Tests.Foreign;
using Quorate.Tests.Hosts;

namespace Quorate.Tests.Packages;

/// <summary>
/// What <c>dotnet pack</c> makes, installed as others do: into a project of its own, which knows no source of packages but the folder, and
/// as a tool. What the packages themselves need comes from those that are on this machine, so nothing is fetched from anywhere.
/// </summary>
[Collection("alone")]
public sealed partial class PackageTests
{
    private const string Tool = "quorate";

    private static readonly string[] Expected =
        ["Quorate.Client", "Quorate.Client.Extensions", "Quorate.Hosts.Memory", "Quorate.Hosts.Tcp", "Quorate.Kernel", "Quorate.Simulation",
            Tool];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_example_of_the_README_runs_with_what_was_packed()
    {
        using var folder = new TempFolder();
        await Dotnet(DotnetCommand.Root, "pack", "Kernel.sln", "--no-build", "-c", DotnetCommand.Configuration, "-o", folder["packages"]);
        var packages = Directory.GetFiles(folder["packages"], "*.nupkg");
        foreach (var package in packages)
            Judge(package);
        var version = Version(packages.First(static package => Id(package) == Tool));
        Assert.Empty(Expected.Except(packages.Select(Id)));

        await File.WriteAllTextAsync(folder["nuget.config"], NugetConfig(folder), Cancel);
        await Dotnet(folder.Path, "tool", "install", Tool, "--version", version, "--tool-path", folder["tool"], "--configfile",
            folder["nuget.config"]);
        Directory.CreateDirectory(folder["app"]);
        var example = FirstExample();
        var port = ServerProcess.FreePort();
        await File.WriteAllTextAsync(Path.Combine(folder["app"], "Program.cs"),
            example.Replace("127.0.0.1:2181", $"127.0.0.1:{port}", StringComparison.Ordinal), Cancel);
        await File.WriteAllTextAsync(
            Path.Combine(folder["app"], "App.csproj"), Project(packages.Where(static package => Id(package) != Tool), version), Cancel);
        await Restore(folder["app"]);
        await Dotnet(folder["app"], "build", "--no-restore", "-v", "q");

        using var server = Serve(folder, port);
        var heard = Task.WhenAll(server.StandardOutput.ReadToEndAsync(Cancel), server.StandardError.ReadToEndAsync(Cancel));
        try
        {
            var options = new ZooClientOptions { ConnectionString = $"127.0.0.1:{port}", ConnectTimeout = TimeSpan.FromMinutes(2) };
            await using (await ZooClient.ConnectAsync(options, Cancel))
            {
                // It serves.
            }
            var output = await Dotnet(folder["app"], "run", "--no-build");
            Assert.Equal(Promised(example), output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(Cancel);
            await heard;
        }
    }

    /// <summary>The tool that was installed, as a server.</summary>
    private static Process Serve(TempFolder folder, int port)
    {
        var command = DotnetCommand.Of(
            folder.Path, Path.Combine(folder["tool"], Tool), "serve", "--dataDir", folder["data"], "--clientPort", $"{port}");
        (command.RedirectStandardOutput, command.RedirectStandardError) = (true, true);
        return Process.Start(command)!;
    }

    /// <summary>Documentation, licence, symbols: what every package is to have.</summary>
    private static void Judge(string package)
    {
        using var zip = ZipFile.OpenRead(package);
        var names = zip.Entries.Select(static entry => entry.FullName).ToList();
        using var reader = new StreamReader(
            zip.Entries.First(static entry => entry.Name.EndsWith(".nuspec", StringComparison.Ordinal)).Open());
        var nuspec = reader.ReadToEnd();
        Assert.Contains("<license type=\"expression\">Apache-2.0</license>", nuspec, StringComparison.Ordinal);
        Assert.Contains("<readme>PACKAGE.md</readme>", nuspec, StringComparison.Ordinal);
        Assert.Contains("<description>", nuspec, StringComparison.Ordinal);
        Assert.Contains("PACKAGE.md", names);
        Assert.True(File.Exists(Path.ChangeExtension(package, ".snupkg")), $"{package} has no symbols");
        if (Id(package) != Tool)
            Assert.Contains($"lib/net10.0/{Id(package)}.xml", names);
    }

    private static async Task Restore(string app)
    {
        var (code, output) = await Script.Run(DotnetCommand.Of(app, Tools.Dotnet, "restore", "-v", "q"), Cancel);
        if (code != 0 && output.Contains("NU110", StringComparison.Ordinal))
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", output);
            Assert.Skip("packages that Quorate's need are not on this machine: " + output.Split('\n')[0]);
        }
        Assert.True(code == 0, output);
    }

    private static Task<string> Dotnet(string folder, params string[] arguments) => DotnetCommand.Run(folder, Cancel, arguments);

    /// <summary>Only the folder is asked for packages; those of others are taken where this machine keeps them.</summary>
    private static string NugetConfig(TempFolder folder) => $"""
        <configuration>
          <config><add key="globalPackagesFolder" value="{folder["installed"]}" /></config>
          <packageSources><clear /><add key="packed" value="{folder["packages"]}" /></packageSources>
          <fallbackPackageFolders><clear /><add key="machine" value="{Kept}" /></fallbackPackageFolders>
        </configuration>
        """;

    private static string Kept => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private static string Project(IEnumerable<string> packages, string version) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
          </PropertyGroup>
          <ItemGroup>
            {string.Join('\n', packages.Select(package => $"<PackageReference Include=\"{Id(package)}\" Version=\"{version}\" />"))}
          </ItemGroup>
        </Project>
        """;

    private static string Id(string package) => IdAndVersion().Match(Path.GetFileName(package)).Groups[1].Value;

    private static string Version(string package) => IdAndVersion().Match(Path.GetFileName(package)).Groups[2].Value;

    [GeneratedRegex(@"^(.+?)\.(\d+\..+)\.nupkg$")]
    private static partial Regex IdAndVersion();

    /// <summary>The first C# of the README, whole.</summary>
    private static string FirstExample() =>
        FirstBlock().Match(File.ReadAllText(Path.Combine(DotnetCommand.Root, "README.md"))) is { Success: true } found
            ? found.Groups[1].Value
            : throw new InvalidDataException("README.md has no C#");

    [GeneratedRegex(@"```csharp\r?\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex FirstBlock();

    /// <summary>What an example says behind its lines that it prints.</summary>
    private static IEnumerable<string> Promised(string example) =>
        PrintedLine().Matches(example).Select(static line => line.Groups[1].Value.Trim());

    [GeneratedRegex(@"Console\.WriteLine\(.*\);\s*// (.*)")]
    private static partial Regex PrintedLine();
}
