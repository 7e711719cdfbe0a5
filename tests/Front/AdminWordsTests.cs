using System.Buffers.Binary;
using System.Text;
using Quorate.Kernel;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Fronts;

public class AdminWordsTests
{
    private readonly View _view = new();
    private readonly Settings _settings = new()
    {
        WordsAllowed = ["*"],
        Version = "3.9.4-quorate, built on 2026-01-01",
        ConfLines = ["clientPort=2181", "tickTime=2000"],
        EnviLines = ["host.name=here"],
    };

    [Fact]
    public void Words_without_figures_answer_as_in_the_reference()
    {
        Assert.Equal("imok", Answer("ruok"));
        Assert.Equal("rw", Answer("isro"));
        Assert.Equal("clientPort=2181\ntickTime=2000\n", Answer("conf"));
        Assert.Equal("Environment:\nzookeeper.version=3.9.4-quorate, built on 2026-01-01\nhost.name=here\n", Answer("envi"));
        Assert.Equal("datadir_size: 111\nlogdir_size: 67109337\n", Answer("dirs"));
    }

    [Fact]
    public void Srvr_has_the_lines_that_clients_and_tools_parse()
    {
        _view.Statistics.Requests.Add(TimeSpan.FromMilliseconds(24));
        _view.Statistics.Requests.Add(TimeSpan.FromMicroseconds(350));
        (_view.Statistics.PacketsReceived, _view.Statistics.PacketsSent) = (17, 16);
        Assert.Equal("""
            Zookeeper version: 3.9.4-quorate, built on 2026-01-01
            Latency min/avg/max: 0/12.175/24
            Received: 17
            Sent: 16
            Connections: 2
            Outstanding: 3
            Zxid: 0x100000742
            Mode: standalone
            Node count: 5

            """, Answer("srvr"));
    }

    [Fact]
    public void A_server_that_served_nobody_yet_has_an_average_with_one_decimal() =>
        Assert.Contains("Latency min/avg/max: 0/0.0/0\n", Answer("srvr"));

    [Fact]
    public void A_leader_also_shows_the_sizes_of_its_proposals()
    {
        _view.Mode = "leader";
        Assert.EndsWith("Node count: 5\nProposal sizes last/min/max: -1/-1/-1\n", Answer("srvr"));
        foreach (var size in (int[])[100, 282, 48])
            _view.Statistics.ProposalSize.Add(size);
        Assert.EndsWith("\nProposal sizes last/min/max: 48/48/282\n", Answer("srvr"));
        Assert.Contains("zk_max_proposal_size\t282\n", Answer("mntr"));
    }

    [Theory]
    [InlineData("srvr")]
    [InlineData("stat")]
    public void A_member_also_shows_where_it_stands_among_the_others(string word)
    {
        (_view.Mode, _view.Ensemble) = ("follower", new(new(7), Lag: 12, Rounds: 345, Followers: 0, SyncedFollowers: 0));
        Assert.EndsWith("Mode: follower\nNode count: 5\nTerm: 7\nLag: 12\nRounds: 345\n", Answer(word));
        Assert.Contains("zk_server_state\tfollower\n", Answer("mntr"));
        Assert.Contains("zk_term\t7\nzk_log_lag\t12\nzk_confirmation_rounds\t345\n", Answer("mntr"));
        Assert.DoesNotContain("followers", Answer("mntr"));
        (_view.Mode, _view.Ensemble) = ("leader", new(new(7), Lag: 12, Rounds: 345, Followers: 2, SyncedFollowers: 1));
        Assert.EndsWith("Proposal sizes last/min/max: -1/-1/-1\nTerm: 7\nLag: 12\nRounds: 345\n", Answer(word));
        Assert.Contains("zk_learners\t2\nzk_synced_followers\t1\n", Answer("mntr"));
    }

    [Fact]
    public void Stat_lists_the_clients_in_the_order_of_their_numbers_before_the_figures() =>
        Assert.StartsWith("""
            Zookeeper version: 3.9.4-quorate, built on 2026-01-01
            Clients:
             /127.0.0.1:45446[1](queued=0,recved=10,sent=9)
             /127.0.0.1:45412[0](queued=2,recved=1,sent=0)

            Latency min/avg/max:
            """, Answer("stat"));

    [Fact]
    public void Cons_shows_what_a_session_did_and_nothing_of_the_kind_without_one() =>
        Assert.Equal(" /127.0.0.1:45446[1](queued=0,recved=10,sent=9,sid=0x100001d1ec20172,lop=GETC,est=1795364075363,to=10000,"
            + "lcxid=0x3,lzxid=0x741,lresp=2232365,llat=1,minlat=0,avglat=3,maxlat=14)\n"
            + " /127.0.0.1:45412[0](queued=2,recved=1,sent=0)\n\n", Answer("cons"));

    [Fact]
    public void After_crst_a_session_has_done_nothing()
    {
        Assert.Equal("Connection stats reset.\n", Answer("crst"));
        Assert.Contains("sid=0x100001d1ec20172,lop=NA,est=1795364075363,to=10000,lzxid=0xffffffffffffffff,lresp=0,llat=0,", Answer("cons"));
    }

    [Fact]
    public void Srst_starts_the_servers_figures_again()
    {
        _view.Statistics.PacketsReceived = 5;
        _view.Statistics.Requests.Add(TimeSpan.FromSeconds(1));
        _view.Statistics.ResponseSize.Add(7);
        Assert.Equal("Server stats reset.\n", Answer("srst"));
        Assert.Contains("Latency min/avg/max: 0/0.0/0\nReceived: 0\n", Answer("srvr"));
        Assert.Contains("zk_last_client_response_size\t-1\n", Answer("mntr"));
    }

    [Fact]
    public void Dump_groups_by_the_second_of_the_deadline() =>
        Assert.Equal("""
            SessionTracker dump:
            Session Sets (2)/(3):
            2 expire at Sun Nov 22 16:14:45 UTC 2026:
            	0x1
            	0x9
            1 expire at Sun Nov 22 16:14:55 UTC 2026:
            	0x5
            ephemeral nodes dump:
            Sessions with Ephemerals (2):
            0x1:
            	/a
            	/e1
            0x9:
            	/b
            Connections dump:
            Connections Sets (1)/(1):
            1 expire at Sun Nov 22 16:14:49 UTC 2026:
            	ip: /127.0.0.1:45446 sessionId: 0x100001d1ec20172

            """, Answer("dump"));

    [Fact]
    public void Wchs_counts_watches_on_data() => Assert.Equal("2 connections watching 2 paths\nTotal watches:3\n", Answer("wchs"));

    [Fact]
    public void Wchc_and_wchp_show_the_same_watches_from_both_sides()
    {
        Assert.Equal("0x1\n\t/a\n\t/zz\n0x9\n\t/a\n\n", Answer("wchc"));
        Assert.Equal("/a\n\t0x1\n\t0x9\n/zz\n\t0x1\n\n", Answer("wchp"));
    }

    [Fact]
    public void Empty_lists_are_empty()
    {
        _view.IsEmpty = true;
        Assert.Equal("\n", Answer("cons"));
        Assert.Equal("\n", Answer("wchc"));
        Assert.Equal("\n", Answer("wchp"));
        Assert.Equal("SessionTracker dump:\nSession Sets (0)/(0):\nephemeral nodes dump:\nSessions with Ephemerals (0):\n"
            + "Connections dump:\nConnections Sets (0)/(0):\n", Answer("dump"));
        Assert.Equal("", Answer("hash"));
    }

    [Fact]
    public void The_trace_mask_is_kept_and_shown()
    {
        Assert.Equal("306", Answer("gtmk"));
        byte[] request = [.. "stmk"u8, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt64BigEndian(request.AsSpan(4), 18);
        Assert.Equal("18", Answer(request));
        Assert.Equal("18", Answer("gtmk"));
    }

    [Fact]
    public void Hash_shows_the_digest_at_every_128th_transaction()
    {
        for (var counter = 1u; counter <= 300; counter++)
            _view.Digests.Applied(new(new(1), counter), new(counter));
        Assert.Equal("100000080: 128\n100000100: 256\n", Answer("hash"));
    }

    [Fact]
    public void The_digest_log_forgets_the_oldest()
    {
        for (var counter = 0u; counter < 200; counter++)
            _view.Digests.Applied(new(new(1), counter * DigestLog.Interval), default);
        Assert.Equal(128, _view.Digests.Count);
        Assert.Equal(72 * DigestLog.Interval, _view.Digests[0].Zxid.Counter);
    }

    [Fact]
    public void Mntr_is_one_metric_a_line_with_numbers_a_tool_can_read()
    {
        _view.Statistics.Requests.Add(TimeSpan.FromMilliseconds(3));
        for (var i = 1; i <= 100; i++)
            _view.Statistics.Flushes.Add(TimeSpan.FromMilliseconds(i));
        var lines = Answer("mntr").TrimEnd('\n').Split('\n').Select(line => line.Split('\t')).ToArray();
        Assert.All(lines, line => Assert.Equal(2, line.Length));
        Assert.Equal(["zk_version", "zk_server_state"], lines[..2].Select(line => line[0]));
        var metrics = lines.ToDictionary(line => line[0], line => line[1]);
        Assert.Equal("standalone", metrics["zk_server_state"]);
        Assert.Equal("5", metrics["zk_znode_count"]);
        Assert.Equal("3", metrics["zk_ephemerals_count"]);
        Assert.Equal("2", metrics["zk_num_alive_connections"]);
        Assert.Equal("4", metrics["zk_watch_count"]);
        Assert.Equal("55", metrics["zk_approximate_data_size"]);
        Assert.Equal("23716", metrics["zk_uptime"]);
        Assert.Equal("3.0", metrics["zk_avg_latency"]);
        Assert.Equal("50.5", metrics["zk_avg_fsynctime"]);
        Assert.Equal("5050", metrics["zk_sum_fsynctime"]);
        Assert.Equal("100", metrics["zk_cnt_fsynctime"]);
        Assert.Equal("100", metrics["zk_max_fsynctime"]);
        Assert.InRange(int.Parse(metrics["zk_p95_fsynctime"]), 95, 98);
        Assert.All(lines[2..], line => Assert.True(decimal.TryParse(line[1], out _), line[0]));
    }

    [Theory]
    [InlineData("srvr", "This ZooKeeper instance is not currently serving requests\n")]
    [InlineData("conf", "This ZooKeeper instance is not currently serving requests\n")]
    [InlineData("mntr", "This ZooKeeper instance is not currently serving requests\n")]
    [InlineData("crst", "This ZooKeeper instance is not currently serving requests\n")]
    [InlineData("isro", "null")]
    [InlineData("ruok", "imok")]
    [InlineData("gtmk", "306")]
    public void A_server_that_does_not_serve_says_so(string word, string answer)
    {
        _view.IsServing = false;
        Assert.Equal(answer, Answer(word));
    }

    [Fact]
    public void A_word_that_is_not_allowed_is_told_so_and_does_nothing()
    {
        var words = new AdminWords(new());
        var arena = new Arena();
        Assert.True(words.TryAnswer("stat"u8, _view, arena));
        Assert.Equal("stat is not executed because it is not in the whitelist.\n", Encoding.UTF8.GetString(arena.Written));
        arena.Clear();
        Assert.True(words.TryAnswer("crst"u8, _view, arena));
        Assert.False(_view.WasReset);
        arena.Clear();
        Assert.True(words.TryAnswer("srvr"u8, _view, arena));
        Assert.StartsWith("Zookeeper version: ", Encoding.UTF8.GetString(arena.Written));
    }

    [Theory]
    [InlineData("abcd")]
    [InlineData("RUOK")]
    [InlineData("ruo")]
    [InlineData("")]
    public void What_is_no_word_is_not_answered(string word)
    {
        var arena = new Arena();
        Assert.False(new AdminWords(_settings).TryAnswer(Encoding.ASCII.GetBytes(word), _view, arena));
        Assert.Equal(0, arena.Length);
    }

    [Fact]
    public void Lists_end_at_a_bound_and_say_how_much_was_left_out()
    {
        _view.ManyWatches = AdminListing.LinesMax + 5;
        Assert.EndsWith("\n\t0x3\n... and 5 more\n\n", Answer("wchp"));
        _view.WatchedPathLength = 1 << 20;
        _view.ManyWatches = 20;
        var text = Answer("wchc");
        Assert.True(text.Length < 2 * AdminListing.BytesMax);
        Assert.EndsWith(" more\n\n", text);
    }

    [Fact]
    public void Dates_are_written_as_java_does()
    {
        var arena = new Arena();
        new AdminText(arena).Date(new(0)).Line().Date(new(951_782_400_000)).Line().Date(new(long.MaxValue)).Line().Date(new(-5));
        Assert.Equal("Thu Jan 01 00:00:00 UTC 1970\nTue Feb 29 00:00:00 UTC 2000\n"
            + "Fri Dec 31 23:59:59 UTC 9999\nThu Jan 01 00:00:00 UTC 1970",
            Encoding.UTF8.GetString(arena.Written));
    }

    [Theory]
    [InlineData(0, "0.0")]
    [InlineData(6093, "0.6093")]
    [InlineData(690, "0.069")]
    [InlineData(8333, "0.8333")]
    [InlineData(100_000, "10.0")]
    [InlineData(27692, "2.7692")]
    [InlineData(1, "0.0001")]
    public void Averages_have_one_to_four_decimals(long tenThousandths, string text)
    {
        var arena = new Arena();
        new AdminText(arena).Decimal(tenThousandths);
        Assert.Equal(text, Encoding.UTF8.GetString(arena.Written));
    }

    private string Answer(string word) => Answer(Encoding.ASCII.GetBytes(word));

    private string Answer(ReadOnlySpan<byte> word)
    {
        var arena = new Arena();
        Assert.True(new AdminWords(_settings).TryAnswer(word, _view, arena));
        return Encoding.UTF8.GetString(arena.Written);
    }

    /// <summary>A server with two connections, three sessions and three watches, listed out of order.</summary>
    private sealed class View : IAdminView
    {
        private static readonly long Noon = new DateTimeOffset(2026, 11, 22, 16, 14, 40, TimeSpan.Zero).ToUnixTimeMilliseconds();

        public bool IsEmpty { get; set; }
        public bool WasReset { get; private set; }
        public int ManyWatches { get; set; }
        public int WatchedPathLength { get; set; } = 10;
        public Moment Now => new(new(5000 * TimeSpan.TicksPerMillisecond), new(Noon));
        public TimeSpan Uptime => TimeSpan.FromMilliseconds(23716);
        public bool IsServing { get; set; } = true;
        public string? Missing { get; set; }
        public string Mode { get; set; } = "standalone";
        public EnsembleFigures? Ensemble { get; set; }
        public Zxid Zxid => new(0x100000742);
        public int ZnodeCount => 4;
        public int EphemeralCount => 3;
        public long ApproximateDataSize => 55;
        public int SessionCount => 3;
        public int ConnectionCount => 2;
        public int OutstandingRequests => 3;
        public int WatchCount => 4;
        public (int Connections, int Paths, int Watches) DataWatches => (2, 2, 3);
        public (long Snapshots, long Journal) DiskBytes => (111, 67109337);
        public ServerStatistics Statistics { get; } = new();
        public DigestLog Digests { get; } = new();
        public long TraceMask { get; set; } = 306;

        public void ResetConnectionStatistics() => WasReset = true;

        public void ListConnections(IAdminListing to)
        {
            if (IsEmpty)
                return;
            to.Connection(new()
            {
                Id = new(12),
                Endpoint = "127.0.0.1:45412"u8,
                IsHeld = true,
                Outstanding = 2,
                PacketsReceived = 1,
                PacketsSent = 0,
                Deadline = Instant.Never,
                Session = SessionId.None,
            });
            to.Connection(new()
            {
                Id = new(3),
                Endpoint = "127.0.0.1:45446"u8,
                IsHeld = false,
                Outstanding = 0,
                PacketsReceived = 10,
                PacketsSent = 9,
                Deadline = In(8001),
                Session = new(0x100001d1ec20172),
                TimeoutMilliseconds = 10000,
                Established = new(1795364075363),
                LastOperation = WasReset ? OpCode.Notification : OpCode.GetChildren2,
                LastXid = WasReset ? -1 : 3,
                LastZxid = new(WasReset ? -1 : 0x741),
                LastResponse = new(WasReset ? 0 : 2232365 * TimeSpan.TicksPerMillisecond),
                LastLatency = WasReset ? 0 : 1,
                MinLatency = 0,
                AverageLatency = 3,
                MaxLatency = 14,
            });
        }

        public void ListSessions(IAdminListing to)
        {
            if (IsEmpty)
                return;
            to.Session(new(9), In(4700));
            to.Session(new(5), In(15_000));
            to.Session(new(1), In(5000));
        }

        public void ListEphemerals(IAdminListing to)
        {
            if (IsEmpty)
                return;
            to.Path(new(9), "/b"u8);
            to.Path(new(1), "/e1"u8);
            to.Path(new(1), "/a"u8);
        }

        public void ListDataWatches(IAdminListing to)
        {
            var path = Encoding.ASCII.GetBytes("/" + new string('x', WatchedPathLength));
            for (var i = 0; i < ManyWatches; i++)
                to.Path(new(3), path);
            if (IsEmpty || ManyWatches > 0)
                return;
            to.Path(new(9), "/a"u8);
            to.Path(new(1), "/zz"u8);
            to.Path(new(1), "/a"u8);
        }

        private Instant In(long milliseconds) => Now.Instant + TimeSpan.FromMilliseconds(milliseconds);
    }
}
