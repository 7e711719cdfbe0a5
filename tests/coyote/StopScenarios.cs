using System.Buffers.Binary;
using System.Net;
using Microsoft.Coyote.Specifications;
using Microsoft.Extensions.Logging.Abstractions;
using Quorate.Hosts.Tcp;
using Quorate.Kernel;

namespace Quorate.Tests.Coyote;

/// <summary>Connections under load whose server stops, and connections that are held and released while they send.</summary>
[Collection("coyote")]
public class StopScenarios
{
    [Fact]
    public void When_the_server_stops_under_load_every_connection_is_let_go() => Exploration.Holds(StopUnderLoad);

    [Fact]
    public void A_server_that_stops_without_letting_putters_go_is_found() =>
        Exploration.Finds(Race.CloseForgetsPutters, StopUnderLoad, "Deadlock");

    [Fact]
    public void A_released_connection_goes_on() => Exploration.Holds(HoldAndRelease);

    [Fact]
    public void A_hold_without_lock_is_found() => Exploration.Finds(Race.HoldWithoutLock, HoldAndRelease, "Deadlock");

    private static async Task StopUnderLoad()
    {
        var mailbox = new Mailbox<Mail>(1, 1 << 20);
        var budget = new OutputBudget(1000, 1000, 1000);
        var clients = new List<ClientSocket>();
        var gone = new List<Task>();
        for (var i = 0; i < 2; i++)
        {
            var (client, end) = Connect(mailbox, budget, Frames(3));
            clients.Add(client);
            gone.Add(end);
        }
        var running = clients.Select(client => Task.Run(client.Run)).ToArray();

        // The kernel thread answers a little and then ends, whatever has come by then.
        var batch = new Mail[2];
        for (var batches = 0; batches < 2; batches++)
        {
            var count = mailbox.Take(batch, TimeSpan.MaxValue);
            for (var i = 0; i < count; i++)
            {
                var client = batch[i].Client!;
                client.Output.Append("reply"u8);
                client.Output.Flush();
                if (batch[i].Kind == InputKind.ClientClosed)
                    client.HangUp();
            }
        }
        mailbox.Close();
        foreach (var client in clients)
            client.HangUp();
        await Task.WhenAll(running);
        await Task.WhenAll(gone.ToArray());
        Specification.Assert(budget.Owed == 0, "{0} bytes are still owed", budget.Owed);
    }

    private static async Task HoldAndRelease()
    {
        var mailbox = new Mailbox<Mail>(16, 1 << 20);
        var (client, gone) = Connect(mailbox, new OutputBudget(1000, 1000, 1000), Frames(2));
        var running = Task.Run(client.Run);
        var frames = 0;
        var batch = new Mail[1];
        while (frames < 2 * 5)
        {
            mailbox.Take(batch, TimeSpan.MaxValue);
            if (batch[0].Kind != InputKind.ClientFrame)
                continue;
            frames += batch[0].Length;
            client.Hold(HoldReasons.Kernel, true);
            client.Hold(HoldReasons.Congestion, true);
            client.Hold(HoldReasons.Kernel, false);
            client.Hold(HoldReasons.Congestion, false);
        }
        client.HangUp();
        await running;
        await gone;
    }

    private static (ClientSocket Client, Task Gone) Connect(Mailbox<Mail> mailbox, OutputBudget budget, byte[] incoming)
    {
        var gone = new TaskCompletionSource();
        var services = new ClientServices(mailbox, budget, 1000, NullLogger.Instance);
        var socket = new SlowSocket(5, incoming);
        var client = new ClientSocket(socket, new(IPAddress.Loopback, 1), default, services) { Gone = gone.SetResult };
        return (client, gone.Task);
    }

    /// <summary>Frames of one byte each.</summary>
    private static byte[] Frames(int count)
    {
        var frames = new byte[count * 5];
        for (var i = 0; i < count; i++)
            BinaryPrimitives.WriteInt32BigEndian(frames.AsSpan(i * 5), 1);
        return frames;
    }
}
