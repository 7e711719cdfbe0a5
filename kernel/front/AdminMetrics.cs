namespace Quorate.Kernel.Fronts;

/// <summary>The mntr word: one metric a line, by ZooKeeper's names. What this server does not measure is left out, never made up.</summary>
internal static class AdminMetrics
{
    private static readonly (string Name, int Thousandths)[] Percentiles = [("p50", 500), ("p95", 950), ("p99", 990), ("p999", 999)];

    /// <summary>Writes all of them.</summary>
    public static void Write(string version, IAdminView view, AdminText text)
    {
        Name(text, "version").Add(version).Line();
        Name(text, "server_state").Add(view.Mode).Line();
        State(view, text);
        if (view.Ensemble is { } ensemble)
            Ensemble(view.Mode, ensemble, text);
        Traffic(view.Statistics, text);
        if (view.Mode == "leader")
            Sizes(text, "proposal_size", view.Statistics.ProposalSize);
        Summary(text, "readlatency", view.Statistics.Reads);
        Summary(text, "updatelatency", view.Statistics.Updates);
        Summary(text, "fsynctime", view.Statistics.Flushes);
        Summary(text, "snapshottime", view.Statistics.SnapshotTimes);
    }

    /// <summary>Whole milliseconds.</summary>
    public static long Milliseconds(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMillisecond;

    /// <summary>The average in ten-thousandths of a millisecond.</summary>
    public static long Average(Latencies latencies) => latencies.Count == 0 ? 0 : (long)((Int128)latencies.Sum * 10 / latencies.Count);

    private static void State(IAdminView view, AdminText text)
    {
        Metric(text, "ephemerals_count", view.EphemeralCount);
        Metric(text, "num_alive_connections", view.ConnectionCount);
        Metric(text, "outstanding_requests", view.OutstandingRequests);
        Metric(text, "znode_count", view.ZnodeCount + AdminWords.RootAliases);
        Metric(text, "global_sessions", view.SessionCount);
        Metric(text, "local_sessions", 0);
        Metric(text, "watch_count", view.WatchCount);
        Metric(text, "approximate_data_size", view.ApproximateDataSize);
        Metric(text, "uptime", Milliseconds(view.Uptime));
        Name(text, "connection_drop_probability").Decimal(0).Line();
    }

    private static void Ensemble(string mode, in EnsembleFigures ensemble, AdminText text)
    {
        Metric(text, "term", ensemble.Term.Value);
        Metric(text, "log_lag", (long)ensemble.Lag);
        Metric(text, "confirmation_rounds", (long)ensemble.Rounds);
        if (mode != "leader")
            return;
        Metric(text, "learners", ensemble.Followers);
        Metric(text, "synced_followers", ensemble.SyncedFollowers);
    }

    private static void Traffic(ServerStatistics statistics, AdminText text)
    {
        Name(text, "avg_latency").Decimal(Average(statistics.Requests)).Line();
        Metric(text, "min_latency", Milliseconds(statistics.Requests.Min));
        Metric(text, "max_latency", Milliseconds(statistics.Requests.Max));
        Metric(text, "packets_received", statistics.PacketsReceived);
        Metric(text, "packets_sent", statistics.PacketsSent);
        Metric(text, "bytes_received_count", statistics.BytesReceived);
        Metric(text, "response_bytes", statistics.BytesSent);
        Sizes(text, "client_response_size", statistics.ResponseSize);
        Metric(text, "connection_request_count", statistics.ConnectRequests);
        Metric(text, "connection_rejected", statistics.ConnectionsRejected);
        Metric(text, "sessionless_connections_expired", statistics.HandshakesExpired);
        Metric(text, "stale_sessions_expired", statistics.SessionsExpired);
        Metric(text, "auth_failed_count", statistics.AuthFailures);
        Metric(text, "throttled_ops", 0);
        Metric(text, "outstanding_changes_queued", statistics.Proposals);
        Metric(text, "proposal_count", statistics.Proposals);
        Metric(text, "commit_count", statistics.Commits);
        Metric(text, "snap_count", statistics.Snapshots);
    }

    private static void Sizes(AdminText text, string name, in Extent sizes)
    {
        Metric(text, "last_" + name, sizes.Last);
        Metric(text, "min_" + name, sizes.Min);
        Metric(text, "max_" + name, sizes.Max);
    }

    private static void Summary(AdminText text, string name, Latencies latencies)
    {
        Name(text, "avg_" + name).Decimal(Average(latencies)).Line();
        Metric(text, "min_" + name, Milliseconds(latencies.Min));
        Metric(text, "max_" + name, Milliseconds(latencies.Max));
        Metric(text, "cnt_" + name, latencies.Count);
        Metric(text, "sum_" + name, latencies.Sum / 1000);
        foreach (var (percentile, thousandths) in Percentiles)
            Metric(text, $"{percentile}_{name}", Milliseconds(latencies.Percentile(thousandths)));
    }

    private static void Metric(AdminText text, string name, long value) => Name(text, name).Add(value).Line();

    private static AdminText Name(AdminText text, string name) => text.Add("zk_"u8).Add(name).Add("\t"u8);
}
