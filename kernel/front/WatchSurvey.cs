namespace Quorate.Kernel.Fronts;

/// <summary>Goes over the whole watch table, for operators who ask: costs what there is, and is asked rarely.</summary>
internal static class WatchSurvey
{
    private const WatchKinds Data = WatchKinds.All & ~WatchKinds.Child;

    /// <summary>Of the watches on data: by how many connections, on how many paths, and how many in all.</summary>
    public static (int Connections, int Paths, int Watches) DataWatches(WatchTable table, int connections)
    {
        var (watching, watched) = (0, 0);
        for (var connection = 0; connection < connections; connection++)
            watching += WatchesData(table, table.FirstOf(connection), ofPath: false) ? 1 : 0;
        for (var path = 0; path < table.PathNumbers; path++)
            watched += WatchesData(table, table.FirstOnNumber(path), ofPath: true) ? 1 : 0;
        return (watching, watched, table.DataCount);
    }

    /// <summary>Lists every watch on data with the session that has it.</summary>
    public static void ListData(WatchTable table, Connections connections, IAdminListing to)
    {
        for (var slot = 0; slot < connections.Slots; slot++)
            for (var watch = table.FirstOf(slot); watch != WatchTable.None; watch = table[watch].NextOfConnection)
                if ((table[watch].Kinds & Data) != 0)
                    to.Path(connections[slot]!.Session, table.PathOf(watch));
    }

    private static bool WatchesData(WatchTable table, int first, bool ofPath)
    {
        for (var watch = first; watch != WatchTable.None; watch = ofPath ? table[watch].NextOfPath : table[watch].NextOfConnection)
            if ((table[watch].Kinds & Data) != 0)
                return true;
        return false;
    }
}
