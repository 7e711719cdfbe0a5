using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Quorate.Kernel.Wire;

namespace Quorate.Bench;

/// <summary>
/// Bad clients against a server on this machine: connections that never say who they are, and clients that ask without reading. What a
/// well-behaved client feels of it meanwhile is measured by whoever started the flood.
/// </summary>
/// <remarks>
/// A half-open connection sends half a length and is replaced by a new one after a second, so there is a stream of them. A client that never reads
/// opens a session and asks for a znode of 100,000 bytes, over and over, for as long as the server takes requests from it. An eager one does
/// not wait for its session: all that it may ask then becomes answerable in the moment in which the session is there.
/// </remarks>
internal sealed class Flood(int port)
{
    private const int BigBytes = 100_000;

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly IPEndPoint _server = new(IPAddress.Loopback, port);
    private long _opened, _refused, _endedByServer, _requests;

    /// <summary>flood --port P [--half-open N] [--never-read N] [--eager N] [--seconds S]</summary>
    public static async Task<int> Run(IReadOnlyList<string> args)
    {
        var (port, halfOpen, neverRead, eager, seconds) = (0, 1000, 50, 10, 10);
        for (var i = 0; i < args.Count; i += 2)
        {
            if (i + 1 == args.Count || !int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out var value) || value < 0)
                return Usage();
            switch (args[i])
            {
                case "--port": port = value; break;
                case "--half-open": halfOpen = value; break;
                case "--never-read": neverRead = value; break;
                case "--eager": eager = value; break;
                case "--seconds": seconds = value; break;
                default: return Usage();
            }
        }
        if (port is 0 or > ushort.MaxValue)
            return Usage();
        await new Flood(port).Run(halfOpen, neverRead, eager, TimeSpan.FromSeconds(seconds));
        return 0;
    }

    private static int Usage()
    {
        Console.Error.WriteLine("flood --port P [--half-open 1000] [--never-read 50] [--eager 10] [--seconds 10]   (a server on 127.0.0.1)");
        return 2;
    }

    private async Task Run(int halfOpen, int neverRead, int eager, TimeSpan span)
    {
        await Ask(OpCode.Create, writer => Frames.Create(writer, Path, new byte[BigBytes]));
        using var end = new CancellationTokenSource(span);
        var clients = new List<Task>();
        for (var i = 0; i < halfOpen; i++)
            clients.Add(Repeat(StayHalfOpen, Lifetime * i / halfOpen, end.Token));
        for (var i = 0; i < neverRead; i++)
            clients.Add(Repeat(NeverRead, TimeSpan.Zero, end.Token));
        for (var i = 0; i < eager; i++)
            clients.Add(Repeat(AskAtOnce, TimeSpan.Zero, end.Token));
        await Task.WhenAll(clients);
        await Ask(OpCode.Delete, writer => Frames.Delete(writer, Path));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{_opened} connections opened, {_refused} refused, {_endedByServer} ended by the server, {_requests} requests sent unread"));
    }

    private static ReadOnlySpan<byte> Path => "/flood"u8;

    /// <summary>One bad client after the other, until the flood ends.</summary>
    private async Task Repeat(Func<Socket, CancellationToken, Task> behave, TimeSpan delay, CancellationToken end)
    {
        try
        {
            await Task.Delay(delay, end);
            while (true)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
                try
                {
                    await socket.ConnectAsync(_server, end);
                    Interlocked.Increment(ref _opened);
                    await behave(socket, end);
                }
                catch (Exception e) when (e is EndOfStreamException or IOException || e is SocketException && socket.Connected)
                {
                    Interlocked.Increment(ref _endedByServer);
                }
                catch (SocketException)
                {
                    Interlocked.Increment(ref _refused);
                }
                await Task.Delay(Pause, end);
            }
        }
        catch (OperationCanceledException)
        {
            // The flood is over.
        }
    }

    private static async Task StayHalfOpen(Socket socket, CancellationToken end)
    {
        await socket.SendAsync(new byte[] { 0, 0 }, end);
        await Task.Delay(Lifetime, end);
    }

    private async Task NeverRead(Socket socket, CancellationToken end)
    {
        await Exchange(socket, Frames.Connect());
        await AskOnAndOn(socket, end);
    }

    private async Task AskAtOnce(Socket socket, CancellationToken end)
    {
        await socket.SendAsync(Frames.WithLength(Frames.Connect()), end);
        await AskOnAndOn(socket, end);
    }

    private async Task AskOnAndOn(Socket socket, CancellationToken end)
    {
        // 64 requests a call: what is flooded is the server, not the system calls of this program.
        var requests = new List<byte>();
        for (var i = 0; i < 64; i++)
            requests.AddRange(Frames.WithLength(Frames.Request(OpCode.GetData, static writer => Frames.GetData(writer, Path), xid: i)));
        byte[] burst = [.. requests];
        while (true)
        {
            for (var sent = 0; sent < burst.Length;)
                sent += await socket.SendAsync(burst.AsMemory(sent), end);
            Interlocked.Add(ref _requests, 64);
        }
    }

    /// <summary>One request of a well-behaved client, answer and all.</summary>
    private async Task Ask(OpCode op, Action<JuteWriter> record)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_server);
        await Exchange(socket, Frames.Connect());
        await Exchange(socket, Frames.Request(op, record));
        await Exchange(socket, Frames.Request(OpCode.CloseSession, static _ => { }));
    }

    private static async Task Exchange(Socket socket, byte[] frame)
    {
        await socket.SendAsync(Frames.WithLength(frame));
        using var stream = new NetworkStream(socket, ownsSocket: false);
        var length = new byte[sizeof(int)];
        await stream.ReadExactlyAsync(length);
        await stream.ReadExactlyAsync(new byte[BinaryPrimitives.ReadInt32BigEndian(length)]);
    }
}
