using System.Diagnostics;

namespace Quorate.Tests.Foreign;

/// <summary>
/// Programs of other people that tests use when the machine has them. Where all of them are promised (CI=true) a missing one fails.
/// </summary>
internal static class Tools
{
    public const string JarFolder = "/usr/share/java";

    /// <summary>The first interpreter that has kazoo: Debian's package serves only Debian's own Python.</summary>
    public static string? PythonWithKazoo { get; } = Candidates("python3", "/usr/bin/python3").FirstOrDefault(HasKazoo);

    public static string? Java { get; } = Candidates("java").FirstOrDefault();

    public static string? JavaCompiler { get; } = Candidates("javac").FirstOrDefault();

    public static string? Keytool { get; } = Candidates("keytool").FirstOrDefault();

    public static string? OpenSsl { get; } = Candidates("openssl").FirstOrDefault();

    public static string? CCompiler { get; } = Candidates("gcc").FirstOrDefault();

    public static string? ZkCli { get; } = Candidates("/usr/share/zookeeper/bin/zkCli.sh").FirstOrDefault();

    public static string? CliMt { get; } = Candidates("/usr/lib/zookeeper/bin/cli_mt").FirstOrDefault();

    /// <summary>The runtime that runs these tests runs the server too.</summary>
    public static string Dotnet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")
        ?? Candidates("dotnet").FirstOrDefault()
        ?? throw new InvalidOperationException("no dotnet on the PATH");

    private static bool HasZooKeeper => Java is not null && File.Exists($"{JarFolder}/zookeeper.jar");

    private static bool HasNetty => File.Exists($"{JarFolder}/netty-codec.jar") && File.Exists($"{JarFolder}/netty-resolver.jar");

    private static bool HasCurator => File.Exists($"{JarFolder}/curator-recipes.jar");

    private static bool HasCHeaders => File.Exists("/usr/include/zookeeper/zookeeper.h");

    public static void NeedKazoo() => Need(PythonWithKazoo is not null, "python3-kazoo");

    public static void NeedZooKeeper() => Need(HasZooKeeper, "zookeeper");

    public static void NeedOpenSsl() => Need(OpenSsl is not null, "openssl");

    public static void NeedGit() => Need(Candidates("git").Any(), "git");

    public static void NeedJava() => Need(Java is not null && JavaCompiler is not null, "a JDK");

    public static void NeedKeytool() => Need(Keytool is not null, "a JRE (keytool)");

    public static void NeedNetty() => Need(HasZooKeeper && HasNetty, "zookeeper and libnetty-java");

    public static void NeedZkCli() => Need(HasZooKeeper && ZkCli is not null, "zookeeper (zkCli.sh)");

    public static void NeedCliMt() => Need(CliMt is not null, "zookeeper-bin (cli_mt)");

    public static void NeedCClient() => Need(CCompiler is not null && HasCHeaders, "gcc and libzookeeper-mt-dev");

    public static void NeedCurator() => Need(HasZooKeeper && HasCurator && JavaCompiler is not null, "libcurator-recipes-java and a JDK");

    public static void NeedSecureJava() =>
        Need(HasZooKeeper && JavaCompiler is not null && File.Exists($"{JarFolder}/netty-all.jar"), "zookeeper, libnetty-java and a JDK");

    private static void Need(bool present, string package)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.True(present, $"not installed, though CI promises it: {package}");
        Assert.SkipUnless(present, $"not installed: {package}");
    }

    private static IEnumerable<string> Candidates(params string[] names) =>
        from name in names
        from folder in Path.IsPathRooted(name) ? [""] : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        let file = Path.Combine(folder, name)
        where File.Exists(file)
        select file;

    private static bool HasKazoo(string python)
    {
        var probe = new ProcessStartInfo(python, ["-c", "import kazoo"]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(probe)!;
        return process.WaitForExit(TimeSpan.FromSeconds(60)) && process.ExitCode == 0;
    }
}
