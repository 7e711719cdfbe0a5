using Quorate.Tests.Foreign;

namespace Quorate.Tests.Transcripts;

/// <summary>
/// The replayer against the server that the transcripts were recorded from: what fails here is a mistake of the replayer.
/// </summary>
public sealed class ZooKeeperTranscriptTests(RecordedZooKeeperFixture fixture) : IClassFixture<RecordedZooKeeperFixture>
{
    /// <summary>One of each thing that the replayer can do.</summary>
    private static readonly TheoryData<string> Some =
    [
        "acl_digest",
        "addwatch_replaces_mode",
        "bad_partial_frame_then_close",
        "big_values",
        "conn_reattach_renegotiates_timeout",
        "conn_reattach_wrong_password_kicks_open_connection",
        "conn_session_expiry",
        "four_letter_ruok",
        "multi_create_kinds",
        "setwatches_equal_zxid",
        "stat_cversion_and_pzxid",
        "sync_supplementary_characters",
        "watch_ephemeral_cleanup",
        "whoami_plain",
    ];

    /// <summary>All of them on request: QUORATE_ALL_TRANSCRIPTS=1.</summary>
    public static TheoryData<string> Sample =>
        Environment.GetEnvironmentVariable("QUORATE_ALL_TRANSCRIPTS") == "1" ? TranscriptFiles.Recorded : Some;

    [Theory]
    [MemberData(nameof(Sample))]
    public async Task The_recorded_server_still_answers_as_recorded(string scenario)
    {
        var server = await ((IServerFixture)fixture).Server();
        Assert.Null(RealTime.Replay(new TcpTarget(server.Port), Level.V38, TranscriptFiles.Load(scenario, Level.V38)));
    }
}
