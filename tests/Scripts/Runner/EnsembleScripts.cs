using System.Runtime.CompilerServices;

namespace Quorate.Tests.Scripts;

/// <summary>The scripts of Scripts/ensemble: whole servers, their disks and their clients.</summary>
public class EnsembleScripts
{
    public static TheoryData<string> All => [.. Directory.GetFiles(Folder(), "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(All))]
    public void What_comes_of_each_command_is_as_written(string name) =>
        ScriptRunner.Run(Path.Combine(Folder(), name + ".txt"), new ServerScript().Obey);

    [Fact]
    public void A_script_without_commands_is_no_script()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "# Nothing but a word for the reader.\n\n  and what came of nothing\n");
            Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => ScriptRunner.Run(file, _ => []));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Folder([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "ensemble");
}
