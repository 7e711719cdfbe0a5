using Quorate.Kernel.Ground;

namespace Quorate.Tests.Purity;

/// <summary>The kernel as it was compiled: what it may refer to, and who in it may know whom.</summary>
public sealed class PurityTests
{
    /// <summary>Nothing here can open a file, read a clock, start a thread or draw a number.</summary>
    private static readonly string[] AllowedAssemblies =
    [
        "System.Collections",
        "System.Memory",
        "System.Numerics.Vectors",
        "System.Runtime",
        "System.Runtime.Extensions",
        "System.Runtime.InteropServices",
        "System.Runtime.Intrinsics",
        "System.Security.Cryptography",
        "System.Text.Encoding.Extensions",
    ];

    private static CompiledAssembly Kernel => new(typeof(Zxid).Assembly.Location);

    /// <summary>This test assembly does everything that the kernel may not, and serves as the bad example.</summary>
    private static CompiledAssembly BadExample => new(typeof(PurityTests).Assembly.Location);

    [Fact]
    public void The_kernel_references_only_assemblies_that_cannot_reach_the_world()
    {
        using var kernel = Kernel;
        Assert.Empty(kernel.ReferencedAssemblies.Except(AllowedAssemblies));
    }

    [Fact]
    public void The_kernel_refers_to_nothing_forbidden()
    {
        using var kernel = Kernel;
        Assert.Empty(Forbidden.In(kernel));
    }

    [Fact]
    public void No_planted_bug_is_in_the_kernel_that_ships() =>
        Assert.DoesNotContain(typeof(Zxid).Assembly.GetTypes(), static type => type.Name.StartsWith("Mutant", StringComparison.Ordinal) || type.Name.StartsWith("Planted", StringComparison.Ordinal));

    [Fact]
    public void Every_room_knows_only_the_rooms_below_it()
    {
        using var kernel = Kernel;
        Assert.Empty(Rooms.Violations(kernel));
    }

    [Fact]
    public void The_banned_symbols_are_in_the_build_of_the_kernel()
    {
        var project = RepositoryFile("kernel", "Quorate.Kernel.csproj");
        Assert.Contains("Microsoft.CodeAnalysis.BannedApiAnalyzers", project, StringComparison.Ordinal);
        Assert.Contains("<AdditionalFiles Include=\"BannedSymbols.txt\" />", project, StringComparison.Ordinal);
        Assert.Contains("T:System.Threading.Tasks.Task;", RepositoryFile("kernel", "BannedSymbols.txt"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("System.Collections.Generic.Dictionary`2::GetEnumerator")]
    [InlineData("System.Collections.Generic.HashSet`1::GetEnumerator")]
    [InlineData("System.DateTime::get_UtcNow")]
    [InlineData("System.HashCode")]
    [InlineData("System.Random")]
    [InlineData("System.Threading.Tasks.Task")]
    [InlineData("System.IO.File")]
    [InlineData("System.Diagnostics.Stopwatch")]
    [InlineData("System.Environment")]
    public void An_assembly_that_does_it_is_found_out(string what)
    {
        BadHabits.All();
        using var example = BadExample;
        Assert.Contains(what, Forbidden.In(example));
    }

    [Fact]
    public void References_between_types_are_found_wherever_they_are()
    {
        using var example = BadExample;
        var references = example.InternalReferences().Where(pair => pair.From.Name == nameof(Referrer)).Select(pair => pair.To.Name);
        Assert.Equal(["AsArgument", "AsBase", "AsCall", "AsField", "AsInterface", "AsLocal", "AsTypeArgument"], references);
    }

    [Fact]
    public void The_kernel_has_references_to_judge()
    {
        // A walk that finds nothing would find no violation either.
        using var kernel = Kernel;
        Assert.Contains(kernel.InternalReferences(), pair => pair.From.Namespace == "Quorate.Kernel.Wire" && pair.To.Name == nameof(Zxid));
        Assert.Contains(kernel.ReferencedMembers, member => member.StartsWith("System.Span`1::", StringComparison.Ordinal));
    }

    private static string RepositoryFile(string folder, string name)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "Kernel.sln")))
            root = root.Parent;
        return File.ReadAllText(Path.Combine(root.FullName, folder, name));
    }
}
