namespace Quorate.Tests.Transcripts;

/// <summary>The transcripts beside the test assembly.</summary>
internal static class TranscriptFiles
{
    /// <summary>
    /// Where 3.9 answers differently on purpose. vectors39 has a transcript of the same name for each, from the text of the
    /// specification instead of a recording.
    /// </summary>
    private static readonly string[] OfOlderVersions =
    [
        "addwatch_replaces_mode",
        "addwatch_upgrades_mode",
        "removewatches_persistent",
        "quirk_checkwatches_sees_other_clients",
        "delete_container_from_client",
    ];

    /// <summary>
    /// Where Quorate does not copy the real server, see kernel/README.md: IPv6 literals in ACLs are accepted, and a null path in a multi is an
    /// ordinary malformed record. vectors39 has what is answered instead.
    /// </summary>
    private static readonly string[] NotCopied = ["acl_invalid", "quirk_multi_null_path"];

    /// <summary>What was recorded from ZooKeeper 3.8.</summary>
    public static TheoryData<string> Recorded => [.. Names("vectors")];

    /// <summary>What a server of level 3.9 must answer.</summary>
    public static TheoryData<string> OfLevel39 =>
        [.. Names("vectors").Except(OfOlderVersions).Except(NotCopied).Concat(Names("vectors39"))];

    /// <summary>Loads by name, of several by that name the one of the level.</summary>
    public static Transcript Load(string name, Level level)
    {
        var newer = PathOf("vectors39", name);
        return Transcript.Load(level == Level.V39 && File.Exists(newer) ? newer : PathOf("vectors", name));
    }

    private static IEnumerable<string> Names(string folder) =>
        from file in Directory.EnumerateFiles(Folder(folder), "*.jsonl")
        let name = Path.GetFileNameWithoutExtension(file)
        orderby name
        select name;

    private static string PathOf(string folder, string name) => Path.Combine(Folder(folder), name + ".jsonl");

    private static string Folder(string name) => Path.Combine(AppContext.BaseDirectory, "Transcripts", name);
}
