using System.Diagnostics;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text;
using Quorate.Tests.Foreign;
using Quorate.Tests.Hosts;

namespace Quorate.Tests.Packages;

/// <summary>
/// Symbols say where the sources are: packed in a repository that has a remote, the kernel's lead a debugger to the very commit.
/// </summary>
[Collection("alone")]
public sealed class SourceLinkTests
{
    private const string Remote = "https://github.com/example/quorate";

    /// <summary>What a portable PDB keeps the map from paths to addresses under.</summary>
    private static readonly Guid SourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Symbols_lead_to_the_sources_of_their_commit()
    {
        Tools.NeedGit();
        using var folder = new TempFolder();
        foreach (var file in (string[])["Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig", ".gitignore"])
            File.Copy(Path.Combine(DotnetCommand.Root, file), folder[file]);
        Copy(new(Path.Combine(DotnetCommand.Root, "kernel")), folder["kernel"]);
        await Git(folder, "init", "--quiet");
        await Git(folder, "remote", "add", "origin", Remote + ".git");
        await Git(folder, "add", ".");
        await Git(folder, "-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgSign=false", "commit", "--quiet", "-m", "all");
        var commit = (await Git(folder, "rev-parse", "HEAD")).Trim();

        await DotnetCommand.Run(
            folder.Path, Cancel, "pack", "kernel", "-c", "Release", "-o", folder["packages"], "-p:CI=true", "-p:RunAnalyzers=false", "-v", "q");
        var nuspec = Nuspec(Directory.GetFiles(folder["packages"], "*.nupkg")[0]);
        Assert.Contains($"url=\"{Remote}.git\"", nuspec, StringComparison.Ordinal);
        Assert.Contains($"commit=\"{commit}\"", nuspec, StringComparison.Ordinal);
        var (map, paths) = Symbols(Directory.GetFiles(folder["packages"], "*.snupkg")[0]);
        Assert.Contains($"\"/_/*\":\"https://raw.githubusercontent.com/example/quorate/{commit}/*\"", map, StringComparison.Ordinal);
        Assert.Contains("/_/kernel/Server.cs", paths);
        Assert.All(paths, static path => Assert.StartsWith("/_/", path, StringComparison.Ordinal));
    }

    private static void Copy(DirectoryInfo from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in from.EnumerateFiles())
            file.CopyTo(Path.Combine(to, file.Name));
        foreach (var inner in from.EnumerateDirectories())
            if (inner.Name is not ("bin" or "obj"))
                Copy(inner, Path.Combine(to, inner.Name));
    }

    private static async Task<string> Git(TempFolder folder, params string[] arguments)
    {
        var (code, output) = await Script.Run(new ProcessStartInfo("git", ["-C", folder.Path, .. arguments]), Cancel, Patience);
        Assert.True(code == 0, $"git {string.Join(' ', arguments)} ended with {code}\n{output}");
        return output;
    }

    private static string Nuspec(string package)
    {
        using var zip = ZipFile.OpenRead(package);
        using var reader = new StreamReader(zip.Entries.First(static entry => entry.Name.EndsWith(".nuspec", StringComparison.Ordinal)).Open());
        return reader.ReadToEnd();
    }

    /// <summary>The map of a package's symbols, and the paths of their sources.</summary>
    private static (string Map, List<string> Paths) Symbols(string package)
    {
        using var zip = ZipFile.OpenRead(package);
        using var copy = new MemoryStream();
        using (var inside = zip.Entries.First(static entry => entry.Name.EndsWith(".pdb", StringComparison.Ordinal)).Open())
            inside.CopyTo(copy);
        copy.Position = 0;
        using var symbols = MetadataReaderProvider.FromPortablePdbStream(copy);
        var reader = symbols.GetMetadataReader();
        var map = reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation).Single(one => reader.GetGuid(one.Kind) == SourceLink);
        return (
            Encoding.UTF8.GetString(reader.GetBlobBytes(map.Value)),
            [.. reader.Documents.Select(handle => reader.GetString(reader.GetDocument(handle).Name))]);
    }
}
