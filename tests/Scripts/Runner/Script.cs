using System.Globalization;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Scripts;

/// <summary>What scripts about several members have in common: commands are words, and what came of one is lines.</summary>
internal abstract class Script
{
    private readonly List<string> _told = [];

    /// <summary>Obeys a command and says what came of it.</summary>
    public IEnumerable<string> Obey(string line)
    {
        _told.Clear();
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Obey(words[0], words[1..]);
        return [.. _told];
    }

    protected abstract void Obey(string verb, string[] words);

    protected void Tell(string line) => _told.Add(line);

    /// <summary>Takes a line about a member; what is committed in one go is one line.</summary>
    protected void Tell(ServerId id, string text)
    {
        var beginning = $"{id} committed ";
        if (text.StartsWith("committed ", StringComparison.Ordinal) && _told.Count > 0 && _told[^1].StartsWith(beginning, StringComparison.Ordinal))
            _told[^1] = $"{beginning}{_told[^1][beginning.Length..].Split(' ')[0]} to {text["committed ".Length..]}";
        else
            _told.Add($"{id} {text}");
    }

    protected void Quietly(Action act)
    {
        act();
        _told.Clear();
    }

    /// <summary>The number in a word name=number, if there is such a word.</summary>
    protected static int NumberOf(string name, string[] words, int otherwise) =>
        words.FirstOrDefault(word => word.StartsWith(name + "=", StringComparison.Ordinal)) is { } word ? Number(word[(name.Length + 1)..]) : otherwise;

    protected static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    protected static TimeSpan Span(string word) => TimeSpan.FromMilliseconds(Number(word.Replace("ms", "", StringComparison.Ordinal)));
}
