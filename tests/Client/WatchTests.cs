using System.Text;
using CsCheck;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Clients;

/// <summary>Which watches are set, what fires them, and how they outlive a connection.</summary>
public class WatchTests
{
    [Theory]
    [InlineData(OpCode.GetData, ErrorCode.Ok, "data [/a] exist [] child []")]
    [InlineData(OpCode.GetData, ErrorCode.NoNode, null)]
    [InlineData(OpCode.Exists, ErrorCode.Ok, "data [/a] exist [] child []")]
    [InlineData(OpCode.Exists, ErrorCode.NoNode, "data [] exist [/a] child []")]
    [InlineData(OpCode.Exists, ErrorCode.BadArguments, null)]
    [InlineData(OpCode.GetChildren, ErrorCode.Ok, "data [] exist [] child [/a]")]
    [InlineData(OpCode.GetChildren2, ErrorCode.Ok, "data [] exist [] child [/a]")]
    [InlineData(OpCode.GetChildren2, ErrorCode.NoAuth, null)]
    public void A_watch_is_set_when_the_reply_says_so(OpCode op, ErrorCode error, string? rearmed)
    {
        var client = new Puppet().Up();
        client.Ask(1, op, watch: true).Reply(1, 5, error);
        Assert.Equal(rearmed is null ? 0 : 1, client.Client.WatchedPaths);
        client.Reconnect();
        Assert.Equal(rearmed is null ? [] : [$"send 2: rearm since 0x5 {rearmed} persistent [] recursive []"], client.Said().Skip(2));
    }

    [Fact]
    public void A_read_that_does_not_ask_for_a_watch_or_whose_reply_is_lost_sets_none()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.GetData, watch: false).Reply(1, 5).Ask(2, OpCode.GetData, watch: true).Reconnect();
        Assert.Equal(0, client.Client.WatchedPaths);
        Assert.DoesNotContain(client.Said(), line => line.Contains("rearm", StringComparison.Ordinal));
    }

    [Fact]
    public void A_request_that_waited_for_a_connection_sets_a_watch_only_if_it_asked_for_one()
    {
        var client = new Puppet();
        client.Tick().Ask(1, OpCode.SetData, "/a").Ask(2, OpCode.GetData, "/b").Ask(3, OpCode.GetChildren, "/c", watch: true).Grant();
        client.Reply(1, 5).Reply(2, 5).Reply(3, 5).Reconnect();
        Assert.Equal("send 2: rearm since 0x5 data [] exist [] child [/c] persistent [] recursive []", client.Said()[^1]);
        Assert.Equal(1, client.Client.WatchedPaths);
    }

    [Theory]
    [InlineData(OpCode.GetData, WatchEvent.NodeDataChanged, Watching.Data)]
    [InlineData(OpCode.GetData, WatchEvent.NodeDeleted, Watching.Data)]
    [InlineData(OpCode.GetChildren, WatchEvent.NodeChildrenChanged, Watching.Child)]
    [InlineData(OpCode.GetChildren, WatchEvent.NodeDeleted, Watching.Child)]
    [InlineData(OpCode.GetChildren, WatchEvent.NodeDataChanged, Watching.None)]
    [InlineData(OpCode.GetData, WatchEvent.NodeChildrenChanged, Watching.None)]
    public void A_one_shot_watch_is_used_up_by_the_first_event_that_it_can_see(OpCode op, WatchEvent what, Watching sees)
    {
        var client = new Puppet().Up();
        client.Ask(1, op, watch: true).Reply(1, 5).Said();
        client.Event(what, "/a", 6).Event(what, "/a", 7);
        Assert.Equal(sees == Watching.None ? [] : [$"{what} /a for {sees}"], client.Said());
        Assert.Equal(sees == Watching.None ? 1 : 0, client.Client.WatchedPaths);
    }

    [Fact]
    public void A_watch_on_what_does_not_exist_sees_its_creation()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.Exists, watch: true).Reply(1, 5, ErrorCode.NoNode).Said();
        client.Event(WatchEvent.NodeCreated, "/a", 6).Event(WatchEvent.NodeCreated, "/a", 8);
        Assert.Equal(["NodeCreated /a for Exist"], client.Said());
    }

    [Fact]
    public void A_delete_uses_up_all_one_shot_watches_of_its_path_at_once()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.GetData, watch: true).Ask(2, OpCode.GetChildren, watch: true).Reply(1, 5).Reply(2, 5).Said();
        client.Event(WatchEvent.NodeDeleted, "/a", 6);
        Assert.Equal(["NodeDeleted /a for Data, Child"], client.Said());
        Assert.Equal(0, client.Client.WatchedPaths);
    }

    [Fact]
    public void A_persistent_watch_sees_everything_of_its_path_and_stays()
    {
        var client = new Puppet().Up();
        Add(client, 1, "/a", AddWatchMode.Persistent).Ask(2, OpCode.GetData, watch: true).Reply(2, 5).Said();
        foreach (var what in Enum.GetValues<WatchEvent>())
            client.Event(what, "/a", 6);
        client.Event(WatchEvent.NodeCreated, "/a/b", 7);
        Assert.Equal(
            [
                "NodeCreated /a for Data, Persistent", "NodeDeleted /a for Persistent", "NodeDataChanged /a for Persistent",
                "NodeChildrenChanged /a for Persistent",
            ],
            client.Said());
        Assert.Equal(1, client.Client.WatchedPaths);
    }

    [Theory]
    [InlineData("/a", "/a", true)]
    [InlineData("/a", "/a/b/c", true)]
    [InlineData("/a", "/ab", false)]
    [InlineData("/a/b", "/a", false)]
    [InlineData("/", "/a/b", true)]
    [InlineData("/", "/", true)]
    public void A_recursive_watch_sees_its_path_and_what_is_below_but_no_lists_of_children(string watched, string path, bool sees)
    {
        var client = new Puppet().Up();
        Add(client, 1, watched, AddWatchMode.Recursive).Said();
        client.Event(WatchEvent.NodeDeleted, path, 6).Event(WatchEvent.NodeChildrenChanged, path, 6);
        Assert.Equal(sees ? [$"NodeDeleted {path} for Recursive"] : [], client.Said());
    }

    [Theory]
    [InlineData(WatcherType.Children, ErrorCode.Ok, "data [/a] exist [] child [] persistent [/a] recursive []")]
    [InlineData(WatcherType.Data, ErrorCode.Ok, "data [] exist [] child [/a] persistent [/a] recursive []")]
    [InlineData(WatcherType.Persistent, ErrorCode.Ok, "data [/a] exist [] child [/a] persistent [] recursive []")]
    [InlineData(WatcherType.Recursive, ErrorCode.NoWatcher, "data [/a] exist [] child [/a] persistent [/a] recursive []")]
    [InlineData(WatcherType.Data, ErrorCode.MarshallingError, "data [/a] exist [] child [/a] persistent [/a] recursive []")]
    [InlineData(WatcherType.Any, ErrorCode.Ok, null)]
    public void A_watch_that_was_removed_is_not_set_again(WatcherType type, ErrorCode error, string? rearmed)
    {
        var client = new Puppet().Up();
        Add(client, 1, "/a", AddWatchMode.Persistent)
            .Ask(2, OpCode.GetData, watch: true).Reply(2, 5).Ask(3, OpCode.GetChildren, watch: true).Reply(3, 5)
            .Ask(4, OpCode.RemoveWatches, Spoken.Record(w => RequestRecord.Watches(w, "/a"u8, type))).Reply(4, 5, error)
            .Reconnect();
        Assert.Equal(rearmed is null ? [] : [$"send 2: rearm since 0x5 {rearmed}"], client.Said().Skip(2));
    }

    [Fact]
    public void S28_watches_are_set_again_in_frames_that_are_never_too_long()
    {
        const int Paths = 3000, Bound = 512;
        var client = new Puppet(new() { RearmingBytes = Bound }).Up();
        for (var i = 1; i <= Paths; i++)
            client.Ask((ulong)i, i % 2 == 0 ? OpCode.GetData : OpCode.GetChildren, $"/some/path/{i}", watch: true).Reply(i, 5);
        client.Ask(Paths + 1, OpCode.Auth, "me:pw").Reply(-4, 0);
        client.Closed().Ask(Paths + 2, OpCode.GetData).Frames.Clear();
        client.Advance(2).Grant();
        Assert.All(client.Frames, frame => Assert.True(frame.Length + sizeof(int) <= Bound));
        var said = client.Said();
        Assert.Equal("send 2: -4 Auth me:pw", said[^(client.Frames.Count - 1)]);
        Assert.Equal($"send 2: {Paths + 1} GetData /a", said[^1]);
        var rearmed = client.Frames.Skip(2).SkipLast(1).SelectMany(PathsOf).ToList();
        Assert.Equal(Enumerable.Range(1, Paths).Select(i => $"/some/path/{i}").Order(StringComparer.Ordinal), rearmed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void S62_an_event_does_not_show_that_no_other_event_of_its_transaction_is_missing()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.GetData, "/a", watch: true).Ask(2, OpCode.GetData, "/b", watch: true).Reply(1, 5).Reply(2, 5);
        client.Event(WatchEvent.NodeDataChanged, "/a", 6).Reconnect();   // a multi changed both; the connection broke between the events
        Assert.Equal(
            [
                "send 2: session 0x51 zxid 0x6 timeout 10000 password 7", "Connected",
                "send 2: rearm since 0x5 data [/b] exist [] child [] persistent [] recursive []",
            ],
            client.Said());
    }

    [Fact]
    public void S62_watches_count_as_set_again_only_when_all_frames_are_answered()
    {
        var client = new Puppet(new() { RearmingBytes = 64 }).Up();
        client.Ask(1, OpCode.GetData, "/a", watch: true).Ask(2, OpCode.GetData, "/a/long/name/that/fills/a/frame", watch: true).Reply(1, 5).Reply(2, 5);
        client.Reconnect();
        Assert.Equal(2, client.Said().Count(line => line.Contains("rearm since 0x5", StringComparison.Ordinal)));
        // The first frame is answered, and a pong overtakes the second; then the connection breaks.
        client.Reply(-8, 9).Advance(3).Pong(10).Reconnect();
        Assert.Equal(2, client.Said().Count(line => line.Contains("rearm since 0x5", StringComparison.Ordinal)));
        client.Reply(-8, 11).Reply(-8, 11).Reconnect();
        Assert.Equal(2, client.Said().Count(line => line.Contains("rearm since 0xb", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_catch_up_event_uses_up_the_watch_and_does_not_move_the_zxid()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.GetData, watch: true).Reply(1, 5).Reconnect();
        client.Said();
        client.Event(WatchEvent.NodeDataChanged, "/a", -1).Reply(-8, 9);
        Assert.Equal(["NodeDataChanged /a for Data"], client.Said());
        Assert.Equal(0, client.Client.WatchedPaths);
    }

    [Fact]
    public void A_server_that_does_not_set_the_watches_again_is_left()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.GetData, watch: true).Reply(1, 5).Reconnect();
        client.Said();
        client.Reply(-8, 9, ErrorCode.ThrottledOp);
        Assert.Equal(["hang up 2", "Suspended"], client.Said());
        Assert.Equal(1, client.Client.WatchedPaths);
    }

    [Fact]
    public void The_book_agrees_with_a_dictionary()
    {
        var paths = new[] { "/", "/a", "/a/b", "/a/b/c", "/ab", "/b", "/c", "/d", "/e", "/f", "/g/h", "/g", "/i/j", "/k", "/l", "/m", "/n", "/o", "/p" };
        var kinds = new[] { Watching.Data, Watching.Exist, Watching.Child, Watching.Persistent, Watching.Recursive };
        var step = Gen.Select(Gen.Int[0, 9], Gen.Int[0, paths.Length - 1], Gen.Int[0, 4], Gen.Enum<WatchEvent>());
        step.Array[0, 200].Sample(steps =>
        {
            var book = new WatchBook(7);
            var model = new SortedDictionary<string, Watching>(StringComparer.Ordinal);
            foreach (var (what, place, kind, happened) in steps)
            {
                var path = paths[place];
                var held = model.GetValueOrDefault(path);
                var bytes = Encoding.UTF8.GetBytes(path);
                if (what < 5)
                {
                    book.Add(bytes, kinds[kind]);
                    held |= kinds[kind];
                }
                else if (what < 7)
                {
                    book.Remove(bytes, kinds[kind]);
                    held &= ~kinds[kind];
                }
                else
                {
                    var (expected, left) = Fired(model, path, happened);
                    Assert.Equal(expected, book.Fire(happened, bytes));
                    held = left;
                }
                model[path] = held;
                if (held == Watching.None)
                    model.Remove(path);
                Assert.Equal(model.Count, book.Count);
                Assert.Equal(held, book.KindsOf(bytes));
            }
            var listed = Enumerable.Range(0, book.Entries).Where(i => book.KindsAt(i) != Watching.None)
                .ToDictionary(i => Encoding.UTF8.GetString(book.PathAt(i)), book.KindsAt);
            Assert.Equal(model, listed.OrderBy(pair => pair.Key, StringComparer.Ordinal));
        });
    }

    private static (Watching Seen, Watching Left) Fired(SortedDictionary<string, Watching> model, string path, WatchEvent what)
    {
        var held = model.GetValueOrDefault(path);
        var usedUp = held & what switch
        {
            WatchEvent.NodeDeleted => Watching.Data | Watching.Exist | Watching.Child,
            WatchEvent.NodeChildrenChanged => Watching.Child,
            _ => Watching.Data | Watching.Exist,
        };
        var isAbove = model.Any(pair => pair.Value.HasFlag(Watching.Recursive) &&
            (pair.Key == path || path.StartsWith(pair.Key.TrimEnd('/') + "/", StringComparison.Ordinal)));
        var seen = usedUp | held & Watching.Persistent;
        return (isAbove && what != WatchEvent.NodeChildrenChanged ? seen | Watching.Recursive : seen, held & ~usedUp);
    }

    private static Puppet Add(Puppet client, int xid, string path, AddWatchMode mode) =>
        client.Ask((ulong)xid, OpCode.AddWatch, Spoken.Record(w => RequestRecord.AddWatch(w, Encoding.UTF8.GetBytes(path), mode))).Reply(xid, 5);

    private static List<string> PathsOf(byte[] frame)
    {
        var paths = new List<string>();
        var reader = new JuteReader(frame.AsSpan(RequestHeader.Length));
        var request = SetWatchesRequest.Read(ref reader, OpCode.SetWatches2);
        foreach (var path in request.Data)
            paths.Add(Encoding.UTF8.GetString(path));
        foreach (var path in request.Child)
            paths.Add(Encoding.UTF8.GetString(path));
        return paths;
    }
}
