using Microsoft.Coyote.Specifications;
using Quorate.Hosts.Tcp;

namespace Quorate.Tests.Coyote;

/// <summary>The connection writer: the kernel thread appends and flushes while a continuation sends the rest.</summary>
[Collection("coyote")]
public class WriterScenarios
{
    [Fact]
    public void Everything_appended_is_sent_in_order_and_then_the_connection_ends() => Exploration.Holds(AppendAndEnd);

    [Fact]
    public void A_sender_that_stops_after_looking_leaves_bytes_behind() =>
        Exploration.Finds(Race.StopAfterLooking, AppendAndEnd, "ended early");

    [Fact]
    public void A_congested_client_is_always_told_of_when_it_has_read() => Exploration.Holds(WaitUntilDrained);

    [Fact]
    public void Congestion_judged_before_the_subtraction_is_missed() =>
        Exploration.Finds(Race.CongestionBeforeSubtraction, WaitUntilDrained, "Deadlock");

    private static async Task AppendAndEnd()
    {
        const int Rounds = 5, Bytes = 3;
        var socket = new SlowSocket(2, []);
        var ended = new TaskCompletionSource();
        var budget = new OutputBudget(1000, 1000, 1000);
        var output = new SocketOutput(socket, budget) { Drained = static () => { }, Ended = ended.SetResult };
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < Bytes; i++)
                output.Append([(byte)(round * Bytes + i)]);
            output.Flush();
            await Task.Yield();
        }
        output.End();
        await ended.Task;
        Specification.Assert(socket.Sent.Length == Rounds * Bytes, "the connection ended early: {0} bytes were sent", socket.Sent.Length);
        for (var i = 0; i < Rounds * Bytes; i++)
            Specification.Assert(socket.Sent[i] == i, "byte {0} is out of order", i);
        Specification.Assert(socket.IsShut && budget.Owed == 0, "the connection was not let go");
    }

    private static async Task WaitUntilDrained()
    {
        var socket = new SlowSocket(2, []);
        var drained = new SemaphoreSlim(0);
        var budget = new OutputBudget(3, 1000, 1000);
        var output = new SocketOutput(socket, budget) { Drained = () => drained.Release(), Ended = static () => { } };
        for (var round = 0; round < 3; round++)
        {
            output.Append(new byte[3]);
            output.Flush();
            output.Append(new byte[3]);
            output.Flush();
            // As the kernel thread does: from here on, only being told helps.
            if (output.Congested)
                await drained.WaitAsync();
        }
    }
}
