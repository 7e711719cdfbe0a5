namespace Quorate.Client;

/// <summary>A connection to one server. Calls come one at a time, return at once, and may be made until <see cref="Close"/>.</summary>
public interface IClientLink
{
    /// <summary>Sends bytes, in order. The span is void when the call returns.</summary>
    void Send(ReadOnlySpan<byte> bytes);

    /// <summary>Closes, once what was sent has left. Nothing more is said to the owner.</summary>
    void Close();
}

/// <summary>Who a link tells what happens to it: first <see cref="Opened"/>, then any number of <see cref="Received"/>, and in the end, at any time,
/// <see cref="Closed"/>. One call at a time for each link.</summary>
public interface ILinkOwner
{
    /// <summary>The connection is open.</summary>
    void Opened();

    /// <summary>Bytes have arrived, cut anywhere. The span is void when the call returns.</summary>
    void Received(ReadOnlySpan<byte> bytes);

    /// <summary>The connection could not be opened, or is gone; <paramref name="reason"/> says why in words.</summary>
    void Closed(string reason);
}

/// <summary>A client's whole world: connections, a clock, and somewhere to run. TCP, a server in the same process and the simulator each have one.</summary>
public abstract class ClientTransport
{
    /// <summary>
    /// The clock and its timers. Its timestamps must go on while the computer is suspended, or a fence is worth nothing on a computer that sleeps.
    /// </summary>
    public abstract TimeProvider Time { get; }

    /// <summary>Begins to connect. Returns at once; <paramref name="owner"/> is told later, never before the call has returned.</summary>
    public abstract IClientLink Connect(ServerAddress server, ILinkOwner owner);

    /// <summary>Runs work soon, but not before the call has returned.</summary>
    protected internal virtual void Run(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
}
