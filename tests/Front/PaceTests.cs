using Quorate.Kernel;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Front;

/// <summary>Answers are made at the pace at which their client takes them: a promise at a time, a share in a batch.</summary>
public class PaceTests
{
    private readonly FrontWorld _world = new(limits: new() { AnswerBytesPerBatch = 4000, ReadsPromised = 8 });

    [Fact]
    public void Reads_whose_answers_are_small_are_promised_more_and_more_at_a_time()
    {
        var client = _world.Client();
        Gets(client, 40);
        foreach (var ready in (int[])[2, 4, 8, 8])
        {
            Assert.Equal(ready, _world.Front.ReadyReads);
            _world.AnswerReads();
            Assert.Equal(ready, client.TakeAll().Length);
        }
    }

    [Fact]
    public void A_connection_gets_its_share_of_a_batch_and_goes_on_in_the_next()
    {
        var (greedy, modest) = (_world.Client(), _world.Client());
        greedy.Call(Ask.Create(1, "/big", new('d', 3000)));
        Gets(greedy, 20, "/big");
        Gets(modest, 1, "/big");
        var batches = 0;
        for (; _world.Front.ReadyReads > 0 || _world.Front.AnyReadWaits; batches++)
        {
            _world.AnswerReads();
            Assert.InRange(greedy.TakeAll().Length, batches == 0 ? 2 : 0, 2);
            Assert.Equal(batches == 0, modest.HasReceived);
            modest.TakeAll();
        }
        Assert.InRange(batches, 10, 40);
    }

    [Fact]
    public void A_write_behind_more_reads_than_are_promised_is_proposed_when_they_are_answered()
    {
        var client = _world.Client();
        client.Send(Ask.Create(1, "/a", "0"));
        Gets(client, 6, "/a", from: 2);
        client.Send(Ask.SetData(8, "/a", "1"));
        Assert.Equal(1, _world.Pending);
        _world.ApplyOne();
        Assert.Equal(0, _world.Pending);
        _world.AnswerReads();
        Assert.Equal(1, _world.Pending);   // all the others are promised
        Assert.False(_world.ApplyOne());   // and not answered
        _world.Settle();
        Assert.Equal([.. Enumerable.Range(1, 8).Select(xid => $"{xid} Ok")], client.TakeAll());
    }

    [Fact]
    public void While_a_client_does_not_read_nothing_but_what_was_promised_is_answered()
    {
        var client = _world.Client();
        Gets(client, 6);
        _world.Front.Stalled(client.Id);
        client.Send(Ask.Create(7, "/a"));
        _world.Settle();
        Assert.Equal(["1 Ok", "2 Ok"], client.TakeAll());
        _world.Settle();
        Assert.Equal((0, 0), (_world.Front.ReadyReads, _world.Pending));
        Assert.False(client.HasReceived);
        _world.Drained(client);
        _world.Settle();
        Assert.Equal(["3 Ok", "4 Ok", "5 Ok", "6 Ok", "7 Ok"], client.TakeAll());
    }

    [Fact]
    public void Writes_of_a_client_that_does_not_read_are_done()
    {
        var client = _world.Client();
        _world.Front.Stalled(client.Id);
        client.Send(Ask.Create(1, "/a"), Ask.Create(2, "/b"));
        _world.Settle();
        Assert.Equal(["1 Ok", "2 Ok"], client.TakeAll());
    }

    [Fact]
    public void Being_told_twice_or_of_a_client_that_is_gone_changes_nothing()
    {
        var (client, gone) = (_world.Client(), _world.Client());
        _world.Close(gone);
        foreach (var told in new[] { client, gone })
        {
            _world.Drained(told);
            _world.Front.Stalled(told.Id);
            _world.Front.Stalled(told.Id);
        }
        Gets(client, 3);
        Assert.Equal(0, _world.Front.OutstandingRequests);   // only those of clients that read count against the others
        _world.Drained(client);
        Assert.Equal(3, _world.Front.OutstandingRequests);
        _world.Settle();
        Assert.Equal(3, client.TakeAll().Length);
    }

    [Fact]
    public void What_clients_leave_unread_does_not_use_up_the_bound_on_requests_of_all()
    {
        var world = new FrontWorld(limits: new() { RequestsPerConnection = 6, RequestsOutstanding = 6 });
        var (deaf, other) = (world.Client(), world.Client());
        world.Front.Stalled(deaf.Id);
        Gets(deaf, 5);
        other.Send(Ask.Create(1, "/a"));
        Assert.False(other.IsHeld);
        world.Close(deaf);
        world.Settle();
        Assert.Equal(["1 Ok"], other.TakeAll());
        Assert.Equal(0, world.Front.OutstandingRequests);
    }

    [Fact]
    public void Writes_behind_reads_that_are_not_promised_are_done_though_the_client_went_away()
    {
        var (client, other) = (_world.Client(), _world.Client());
        Gets(client, 10);
        client.Send(Ask.Create(11, "/a"), Ask.Path(12, OpCode.Sync, "/a"), Ask.Create(13, "/a/b"), Ask.Close(14));
        Assert.Equal(0, _world.Pending);
        _world.Close(client);
        _world.Settle();
        Assert.Equal(ErrorCode.Ok, other.Call(Ask.Read(1, OpCode.Exists, "/a/b")).Error);
        Assert.Equal(1, _world.Machine.Sessions.Count);
    }

    [Fact]
    public void An_old_client_that_waits_for_its_next_share_is_forgotten_when_everybody_is_hung_up()
    {
        var client = _world.Client();
        client.Call(Ask.Create(1, "/big", new('d', 3000)));
        Gets(client, 20, "/big");
        _world.AnswerReads();
        Assert.True(_world.Front.AnyReadWaits);
        _world.HangUpAll();
        Assert.False(_world.Front.AnyReadWaits);
        _world.Settle();
    }

    private static void Gets(TestClient client, int count, string path = "/", int from = 1)
    {
        for (var xid = from; xid < from + count; xid++)
            client.Send(Ask.Read(xid, OpCode.GetData, path));
    }
}
