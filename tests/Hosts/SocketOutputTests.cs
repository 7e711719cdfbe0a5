using Quorate.Hosts.Tcp;

namespace Quorate.Tests.Hosts;

public sealed class SocketOutputTests : IDisposable
{
    private readonly FakeTransport _transport = new();
    private readonly OutputBudget _budget = new(congestion: 100, each: 1000, all: 5000);
    private readonly SocketOutput _output;
    private int _drained;
    private int _ended;

    public SocketOutputTests() => _output = new(_transport, _budget) { Drained = () => _drained++, Ended = () => _ended++ };

    public void Dispose() => _transport.Dispose();

    [Fact]
    public void What_a_socket_takes_at_once_is_sent_at_once()
    {
        Append(0, 60);
        Append(60, 30);
        _output.Flush();
        Assert.Equal(Bytes(0, 90), _transport.Sent);
        Assert.Equal((0, 0L), (_output.Owed, _budget.Owed));
    }

    [Fact]
    public void What_it_does_not_take_follows_in_order_when_there_is_room()
    {
        _transport.Room = 10;
        Append(0, 30);
        _output.Flush();
        Append(30, 20);
        _output.Flush();
        Assert.Equal(10, _transport.Sent.Length);
        for (var rounds = 0; _transport.IsWaiting; rounds++)
        {
            Assert.True(rounds < 50);
            _transport.MakeRoom(7);
        }
        Assert.Equal(Bytes(0, 50), _transport.Sent);
        Assert.Equal(0, _output.Owed);
    }

    [Theory]
    [InlineData(70_000, 1)]
    [InlineData(65_536, 3)]
    [InlineData(30_000, 7)]
    public void Much_follows_in_order_as_well(int length, int times)
    {
        var budget = new OutputBudget(congestion: 1000, each: 1 << 20, all: 1 << 20);
        var output = new SocketOutput(_transport, budget) { Drained = () => _drained++, Ended = () => _ended++ };
        _transport.Room = 10;
        for (var i = 0; i < times; i++)
        {
            Assert.True(output.Append(Bytes(i * length, 5), Bytes((i * length) + 5, length - 5)));
            if (i % 2 == 0)
                output.Flush();
        }
        for (var rounds = 0; _transport.IsWaiting; rounds++)
        {
            Assert.True(rounds < 50);
            _transport.MakeRoom(9_999 + rounds * 1000);
        }
        Assert.Equal(Bytes(0, length * times), _transport.Sent);
        Assert.Equal((0, 0L, 1), (output.Owed, budget.Owed, _drained));
    }

    [Fact]
    public void A_client_that_does_not_read_is_congested_and_told_of_once_when_it_has_read()
    {
        _transport.Room = 0;
        for (var i = 0; i < 5; i++)
        {
            Append(i * 50, 50);
            _output.Flush();
        }
        Assert.True(_output.Congested);
        _transport.MakeRoom(50);
        Assert.Equal((0, true), (_drained, _output.Congested));
        while (_transport.IsWaiting)
            _transport.MakeRoom(1000);
        Assert.Equal((1, false), (_drained, _output.Congested));
        Assert.Equal(Bytes(0, 250), _transport.Sent);
    }

    [Fact]
    public void A_client_that_never_reads_is_given_up_at_its_bound()
    {
        _transport.Room = 0;
        var accepted = 0;
        while (_output.Append(Bytes(accepted, 100)))
        {
            accepted += 100;
            _output.Flush();
        }
        Assert.Equal(1100, accepted);
    }

    [Fact]
    public void When_all_together_owe_too_much_the_congested_are_given_up_and_the_others_are_not()
    {
        Assert.True(_budget.Take(0, 5001));
        Assert.True(_output.Append(Bytes(0, 100)));
        Assert.False(_output.Append(Bytes(0, 1)));
        Assert.False(new SocketOutput(_transport, _budget) { Drained = () => { }, Ended = () => { } }.Append(Bytes(0, 101)));
    }

    [Fact]
    public void An_ended_connection_is_shut_down_when_everything_is_sent_and_takes_nothing_more()
    {
        _transport.Room = 0;
        Append(0, 10);
        _output.Flush();
        Assert.False(_output.End());
        Assert.Equal(0, _transport.Shutdowns);
        Append(10, 10);
        _transport.MakeRoom(100);
        Assert.Equal(Bytes(0, 10), _transport.Sent);
        Assert.True(_output.End());
        Assert.Equal((1, 1), (_transport.Shutdowns, _ended));
    }

    [Fact]
    public void An_ended_connection_that_owes_nothing_is_shut_down_at_once()
    {
        Assert.True(_output.End());
        Assert.True(_output.End());
        Assert.Equal((1, 1), (_transport.Shutdowns, _ended));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_broken_connection_gives_its_memory_back_and_ends_once(bool atOnce)
    {
        _transport.Room = 0;
        _transport.Broken = atOnce;
        Append(0, 300);
        _output.Flush();
        if (!atOnce)
        {
            Append(300, 300);
            _transport.Broken = true;
            _transport.MakeRoom(1);
        }
        Assert.True(_output.End());
        Assert.Equal((0, 0L), (_output.Owed, _budget.Owed));
        Assert.Equal((1, 1), (_transport.Shutdowns, _ended));
    }

    private void Append(int from, int length) => Assert.True(_output.Append(Bytes(from, length)));

    private static byte[] Bytes(int from, int length) => [.. Enumerable.Range(from, length).Select(static i => (byte)(i * 7))];
}
