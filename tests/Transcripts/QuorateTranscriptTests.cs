using Quorate.Tests.Foreign;

namespace Quorate.Tests.Transcripts;

/// <summary>Every transcript of level 3.9 against the built server, over TCP and in real time.</summary>
public sealed class QuorateTranscriptTests(RecordedQuorateFixture fixture) : IClassFixture<RecordedQuorateFixture>
{
    [Theory]
    [MemberData(nameof(TranscriptFiles.OfLevel39), MemberType = typeof(TranscriptFiles))]
    public async Task Over_tcp_the_server_answers_as_ZooKeeper_does(string scenario)
    {
        var server = await ((IServerFixture)fixture).Server();
        Assert.Null(RealTime.Replay(new TcpTarget(server.Port), Level.V39, TranscriptFiles.Load(scenario, Level.V39)));
    }
}
