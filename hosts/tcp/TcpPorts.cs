namespace Quorate.Hosts.Tcp;

/// <summary>The kernel's five verbs over sockets and files. Called on the kernel thread only, while it settles a batch.</summary>
internal readonly struct TcpPorts(Clients clients, List<ClientSocket> unflushed, Peers peers, DiskThread disk) : IPorts
{
    public void Send(ServerId to, ReadOnlySpan<byte> frame) => peers.Send(to, frame);

    public void Reply(ConnectionId to, ReadOnlySpan<byte> frames)
    {
        if (clients.Find(to) is not { } client)
            return;
        if (!client.Output.Append(frames))
        {
            client.GiveUp();
            return;
        }
        client.Turn.IsGreeted = true;
        LookAgain(client);
    }

    public void HangUp(ConnectionId connection) => clients.Find(connection)?.HangUp();

    public void Throttle(ConnectionId connection, bool hold)
    {
        if (clients.Find(connection) is not { } client)
            return;
        client.Hold(HoldReasons.Kernel, hold);
        client.Turn.IsHeld = hold;
        if (!hold)
            LookAgain(client);
    }

    public void Disk(in Effect request, ReadOnlySpan<byte> bytes) => disk.Begin(in request, bytes);

    private void LookAgain(ClientSocket client)
    {
        if (client.Output.Unflushed)
            return;
        client.Output.Unflushed = true;
        unflushed.Add(client);
    }
}
