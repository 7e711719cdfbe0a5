using System.Buffers.Binary;
using System.Text;

namespace Quorate.Kernel.Fronts;

/// <summary>ZooKeeper's four-letter words: a word in, plain text out. Semantics reference §16.</summary>
/// <remarks>
/// Pure text of what an <see cref="IAdminView"/> shows. Every list is in a stated order (connection number, session id, path), so that two
/// answers can be compared by eye. A word that the settings do not allow is told so; one that is unknown is none of ours.
/// </remarks>
internal sealed class AdminWords(Settings settings)
{
    private const int WordLength = 4;

    /// <summary>The root counts twice: ZooKeeper finds it under "/" and under "".</summary>
    internal const int RootAliases = 1;

    private static readonly string[] Words =
    [
        "ruok", "srvr", "stat", "mntr", "conf", "cons", "dump", "envi", "dirs", "isro",
        "wchs", "wchc", "wchp", "crst", "srst", "gtmk", "stmk", "hash",
    ];

    /// <summary>Words about the process rather than about what it serves.</summary>
    private static readonly string[] AnsweredAlways = ["ruok", "envi", "gtmk", "stmk"];

    /// <summary>Writes the answer to a word.</summary>
    /// <param name="bytes">The word, and what belongs to it: a mask behind stmk.</param>
    /// <param name="view">The server.</param>
    /// <param name="into">Gets the text.</param>
    /// <returns>False when it is no word; the connection is closed without an answer then.</returns>
    public bool TryAnswer(ReadOnlySpan<byte> bytes, IAdminView view, Arena into)
    {
        var word = bytes.Length < WordLength ? "" : Encoding.ASCII.GetString(bytes[..WordLength]);
        if (Array.IndexOf(Words, word) < 0)
            return false;
        var text = new AdminText(into);
        if (!IsAllowed(word))
            text.Add(word).Add(" is not executed because it is not in the whitelist."u8).Line();
        else if (!view.IsServing && Array.IndexOf(AnsweredAlways, word) < 0)
            NotServing(word, view, text);
        else
            Write(word, bytes[WordLength..], view, text);
        return true;
    }

    private bool IsAllowed(string word)
    {
        foreach (var allowed in settings.WordsAllowed)
            if (allowed == word || allowed == "*")
                return true;
        return false;
    }

    private void Write(string word, ReadOnlySpan<byte> argument, IAdminView view, AdminText text)
    {
        switch (word)
        {
            case "ruok": text.Add("imok"u8); break;
            case "isro": text.Add("rw"u8); break;
            case "srvr": Version(text); Server(view, text); break;
            case "stat": Version(text); Clients(view, text); Server(view, text); break;
            case "mntr": AdminMetrics.Write(settings.Version, view, text); break;
            case "conf": Lines(settings.ConfLines, text); break;
            case "envi": Environment(text); break;
            case "cons": Connections(view, text); break;
            case "dump": Dump(view, text); break;
            case "dirs": Directories(view, text); break;
            case "wchs": WatchSummary(view, text); break;
            case "wchc": DataWatches(view).WriteBySession(text, default); text.Line(); break;
            case "wchp": DataWatches(view).WriteByPath(text); text.Line(); break;
            case "crst": view.ResetConnectionStatistics(); text.Add("Connection stats reset."u8).Line(); break;
            case "srst": view.Statistics.Reset(); text.Add("Server stats reset."u8).Line(); break;
            case "gtmk": text.Add(view.TraceMask); break;
            case "stmk": SetTraceMask(argument, view, text); break;
            case "hash": Digests(view, text); break;
            default: Invariant.Broken(word); break;
        }
    }

    private static void NotServing(string word, IAdminView view, AdminText text)
    {
        text.Add(word == "isro" ? "null"u8 : "This ZooKeeper instance is not currently serving requests\n"u8);
        // Programs know the line above; this one is for people.
        if (word is "srvr" or "stat" && view.Missing is { } missing)
            text.Add(missing).Line();
    }

    private void Version(AdminText text) => text.Add("Zookeeper version: "u8).Add(settings.Version).Line();

    private static void Server(IAdminView view, AdminText text)
    {
        var statistics = view.Statistics;
        text.Add("Latency min/avg/max: "u8).Add(AdminMetrics.Milliseconds(statistics.Requests.Min));
        text.Add("/"u8).Decimal(AdminMetrics.Average(statistics.Requests));
        text.Add("/"u8).Add(AdminMetrics.Milliseconds(statistics.Requests.Max)).Line();
        text.Add("Received: "u8).Add(statistics.PacketsReceived).Line();
        text.Add("Sent: "u8).Add(statistics.PacketsSent).Line();
        text.Add("Connections: "u8).Add(view.ConnectionCount).Line();
        text.Add("Outstanding: "u8).Add(view.OutstandingRequests).Line();
        text.Add("Zxid: 0x"u8).Hex(view.Zxid.Value).Line();
        text.Add("Mode: "u8).Add(view.Mode).Line();
        text.Add("Node count: "u8).Add(view.ZnodeCount + RootAliases).Line();
        if (view.Mode == "leader")
        {
            text.Add("Proposal sizes last/min/max: "u8).Add(statistics.ProposalSize.Last);
            text.Add("/"u8).Add(statistics.ProposalSize.Min).Add("/"u8).Add(statistics.ProposalSize.Max).Line();
        }
        // Behind everything that ZooKeeper says, so that whoever reads its lines in order finds them where they are.
        if (view.Ensemble is not { } ensemble)
            return;
        text.Add("Term: "u8).Add((long)ensemble.Term.Value).Line();
        text.Add("Lag: "u8).Add((long)ensemble.Lag).Line();
        text.Add("Rounds: "u8).Add((long)ensemble.Rounds).Line();
    }

    private static void Clients(IAdminView view, AdminText text)
    {
        text.Add("Clients:"u8).Line();
        var listing = new AdminListing(view.Now, ConnectionForm.Short);
        view.ListConnections(listing);
        listing.WriteLines(text);
        text.Line();
    }

    private static void Connections(IAdminView view, AdminText text)
    {
        var listing = new AdminListing(view.Now);
        view.ListConnections(listing);
        listing.WriteLines(text);
        text.Line();
    }

    private static void Dump(IAdminView view, AdminText text)
    {
        var sessions = new AdminListing(view.Now);
        view.ListSessions(sessions);
        text.Add("SessionTracker dump:"u8).Line().Add("Session Sets "u8);
        sessions.WriteByDeadline(text);

        var ephemerals = new AdminListing(view.Now);
        view.ListEphemerals(ephemerals);
        text.Add("ephemeral nodes dump:"u8).Line().Add("Sessions with Ephemerals ("u8).Add(ephemerals.Groups()).Add("):"u8).Line();
        ephemerals.WriteBySession(text, ":"u8);

        var connections = new AdminListing(view.Now, ConnectionForm.Owner);
        view.ListConnections(connections);
        text.Add("Connections dump:"u8).Line().Add("Connections Sets "u8);
        connections.WriteByDeadline(text);
    }

    private static void Directories(IAdminView view, AdminText text)
    {
        var (snapshots, journal) = view.DiskBytes;
        text.Add("datadir_size: "u8).Add(snapshots).Line();
        text.Add("logdir_size: "u8).Add(journal).Line();
    }

    private static void WatchSummary(IAdminView view, AdminText text)
    {
        var (connections, paths, watches) = view.DataWatches;
        text.Add(connections).Add(" connections watching "u8).Add(paths).Add(" paths"u8).Line();
        text.Add("Total watches:"u8).Add(watches).Line();
    }

    private static AdminListing DataWatches(IAdminView view)
    {
        var listing = new AdminListing(view.Now);
        view.ListDataWatches(listing);
        return listing;
    }

    private static void SetTraceMask(ReadOnlySpan<byte> argument, IAdminView view, AdminText text)
    {
        if (BinaryPrimitives.TryReadInt64BigEndian(argument, out var mask))
            view.TraceMask = mask;
        text.Add(view.TraceMask);
    }

    private static void Digests(IAdminView view, AdminText text)
    {
        for (var i = 0; i < view.Digests.Count; i++)
        {
            var (zxid, digest) = view.Digests[i];
            text.Hex(zxid.Value).Add(": "u8).Add(digest.Value).Line();
        }
    }

    private void Environment(AdminText text)
    {
        text.Add("Environment:"u8).Line().Add("zookeeper.version="u8).Add(settings.Version).Line();
        Lines(settings.EnviLines, text);
    }

    private static void Lines(IReadOnlyList<string> lines, AdminText text)
    {
        foreach (var line in lines)
            text.Add(line).Line();
    }
}
