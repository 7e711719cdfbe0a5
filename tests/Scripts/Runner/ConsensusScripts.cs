using System.Runtime.CompilerServices;

namespace Quorate.Tests.Scripts;

/// <summary>The scripts of Scripts/consensus: conversations between a few members that one can read.</summary>
public class ConsensusScripts
{
    public static TheoryData<string> All => [.. Directory.GetFiles(Folder(), "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(All))]
    public void What_comes_of_each_command_is_as_written(string name) =>
        ScriptRunner.Run(Path.Combine(Folder(), name + ".txt"), new ClusterScript().Obey);

    private static string Folder([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "consensus");
}
