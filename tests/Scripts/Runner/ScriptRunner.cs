namespace Quorate.Tests.Scripts;

/// <summary>
/// Runs a text script: a line at the left margin is a command, the indented lines below it are what came of it. Lines that begin with # and
/// empty ones are for the reader.
/// </summary>
/// <remarks>With QUORATE_REWRITE=1 the file is written anew with what came of each command, and the difference is reviewed as prose.</remarks>
internal static class ScriptRunner
{
    private const string Indent = "  ";

    private static bool Rewrites => Environment.GetEnvironmentVariable("QUORATE_REWRITE") == "1";

    /// <summary>Runs a script.</summary>
    /// <param name="file">Where it lies.</param>
    /// <param name="command">Obeys a command and says what came of it.</param>
    public static void Run(string file, Func<string, IEnumerable<string>> command)
    {
        var script = File.ReadAllLines(file);
        Assert.True(script.Any(IsCommand), $"{Path.GetFileName(file)} has no commands: it would show nothing.");
        var outcome = new List<string>();
        for (var i = 0; i < script.Length; i++)
        {
            var line = script[i];
            if (line.StartsWith(Indent, StringComparison.Ordinal))
                continue;
            outcome.Add(line);
            if (!IsCommand(line))
                continue;
            var expected = script.Skip(i + 1).TakeWhile(next => next.StartsWith(Indent, StringComparison.Ordinal)).Select(next => next[Indent.Length..]).ToList();
            var actual = command(line).ToList();
            outcome.AddRange(actual.Select(text => Indent + text));
            if (!Rewrites && !expected.SequenceEqual(actual))
                Assert.Fail($"{Path.GetFileName(file)}, line {i + 1}: {line}\nexpected\n{Lines(expected)}\nbut it was\n{Lines(actual)}");
        }
        if (Rewrites)
            File.WriteAllText(file, string.Join('\n', outcome) + '\n');
    }

    private static bool IsCommand(string line) => line.Length > 0 && line[0] != '#' && !char.IsWhiteSpace(line[0]);

    private static string Lines(List<string> lines) => string.Join('\n', lines.Select(line => Indent + line));
}
