using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Quorate.Cli;

/// <summary>Shows an <see cref="InspectReport"/> to a person, as tables.</summary>
internal static class InspectTables
{
    /// <summary>Output that goes to a file or a pipe has no width of its own; wide enough for every table but those of long paths.</summary>
    private const int WidthOfPipes = 200;

    public static void Write(InspectReport report)
    {
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
            console.Profile.Width = WidthOfPipes;
        console.Write(Line($"Data folder {report.Folder}"));
        Superblock(console, report);
        TailMark(console, report);
        Journal(console, report);
        Snapshots(console, report);
        State(console, report);
        if (report.Tree is { } tree)
            Tree(console, tree);
        Conclude(console, report);
    }

    private static void Superblock(IAnsiConsole console, InspectReport report)
    {
        var table = Table(
            "superblock", "slot", "condition", "generation", "ensemble", "birth", "starts", "term", "vote", "members", "snapshots (index)", "first segment");
        foreach (var slot in report.Superblock)
        {
            if (slot.Content is not { } it)
                Row(table, slot.Slot, slot.Condition);
            else
                Row(table, slot.Slot, slot.Condition, it.Generation, it.Ensemble, it.Birth, it.Starts, it.Term, it.VotedFor, it.Members,
                    string.Join(", ", it.Snapshots.Select(static pointer => FormattableString.Invariant($"{pointer.Number} ({pointer.Index})"))),
                    it.FirstSegment);
        }
        console.Write(table);
    }

    private static void TailMark(IAnsiConsole console, InspectReport report)
    {
        var table = Table("tail mark", "slot", "condition", "sequence", "index", "term", "chain", "segment");
        foreach (var slot in report.TailMark)
        {
            if (slot.Condition != "ok")
                Row(table, slot.Slot, slot.Condition);
            else
                Row(table, slot.Slot, slot.Condition, slot.Sequence, slot.Index, slot.Term, slot.Chain, slot.Segment);
        }
        console.Write(table);
    }

    private static void Journal(IAnsiConsole console, InspectReport report)
    {
        var segments = Table("journal", "file", "bytes", "header", "first index", "flushed before", "marked", "records");
        foreach (var it in report.Journal)
            Row(segments, it.File, it.Bytes, it.Header, it.FirstIndex, it.Flushed, it.Marked, it.RecordCount);
        console.Write(segments);
        foreach (var segment in report.Journal)
            if (segment.Records.Count > 0)
                Records(console, segment);
    }

    private static void Records(IAnsiConsole console, SegmentView segment)
    {
        var hidden = segment.RecordCount - segment.Records.Count;
        var title = hidden == 0 ? segment.File : FormattableString.Invariant($"{segment.File} ({hidden} more with --records)");
        var table = Table(title, "offset", "index", "term", "time", "kind", "session", "sequence", "body", "worth", "path");
        foreach (var it in segment.Records)
        {
            if (it.Index == 0)
                Row(table, it.Offset, "", "", "", "", "", "", "", it.Worth, FormattableString.Invariant($"({it.Bytes} bytes that are no record)"));
            else
                Row(table, it.Offset, it.Index, it.Term, it.Time ?? "", it.Op ?? it.Kind, it.Session ?? "", it.Sequence, it.BodyBytes, it.Worth, it.Path);
        }
        console.Write(table);
    }

    private static void Snapshots(IAnsiConsole console, InspectReport report)
    {
        var table = Table("snapshots", "file", "bytes", "role", "condition", "index", "term", "chunks", "records", "digest");
        foreach (var it in report.Snapshots)
            Row(table, it.File, it.Bytes, it.Role, it.Condition, it.Index, it.Term, it.Chunks, it.Records, it.Digest ?? "");
        console.Write(table);
    }

    private static void State(IAnsiConsole console, InspectReport report)
    {
        if (report.State is not { } it)
        {
            console.Write(Line("There is no state that could be rebuilt."));
            return;
        }
        var table = Table("newest state", "index", "term", "zxid", "digest", "znodes", "ephemerals", "sessions", "bytes");
        Row(table, it.Index, it.Term, it.Zxid, it.Digest, it.Znodes, it.Ephemerals, it.Sessions, it.Bytes);
        console.Write(table);
        if (report.Sessions.Count == 0)
            return;
        var sessions = Table("sessions", "id", "timeout ms", "attachment", "ephemerals");
        foreach (var session in report.Sessions)
            Row(sessions, session.Id, session.TimeoutMilliseconds, session.Attachment, session.Ephemerals);
        console.Write(sessions);
    }

    private static void Tree(IAnsiConsole console, IReadOnlyList<ZnodeView> tree)
    {
        var table = Table("tree", "path", "kind", "data", "children", "version", "cversion", "aversion", "czxid", "mzxid", "pzxid", "mtime", "owner");
        foreach (var it in tree)
            Row(table, it.Path, it.TtlMilliseconds is { } ttl ? FormattableString.Invariant($"ttl {ttl} ms") : it.Kind, it.DataLength, it.NumChildren,
                it.Version, it.Cversion, it.Aversion, it.Czxid, it.Mzxid, it.Pzxid, it.Mtime, it.Owner ?? "");
        console.Write(table);
    }

    private static void Conclude(IAnsiConsole console, InspectReport report)
    {
        foreach (var note in report.Notes)
            console.Write(Line($"Note: {note}"));
        foreach (var damage in report.Damage)
            console.Write(Line($"Damage: {damage}"));
        if (report.Refusal is { } refusal)
            console.Write(Line($"A server refuses this folder: {refusal}"));
        else
            console.Write(Line(report.Sound ? "Nothing is damaged." : "A server can go on from what is left."));
    }

    private static Table Table(string title, params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple, Title = new(Markup.Escape(title), new(decoration: Decoration.Bold)) };
        table.Title.Style = new(decoration: Decoration.Bold);
        foreach (var column in columns)
            table.AddColumn(new TableColumn(new Text(column)) { NoWrap = column is not ("path" or "digest") });
        return table;
    }

    private static void Row(Table table, params object[] cells)
    {
        var texts = new IRenderable[table.Columns.Count];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = new Text(i < cells.Length ? Printable(Convert.ToString(cells[i], CultureInfo.InvariantCulture)!) : "");
        table.AddRow(texts);
    }

    private static Text Line(string text) => new(Printable(text) + "\n");

    /// <summary>Paths are what clients sent: nothing in them may command the terminal.</summary>
    private static string Printable(string text) => string.Concat(text.Select(static it =>
        char.IsControl(it) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)it:x4}") : it.ToString()));
}
