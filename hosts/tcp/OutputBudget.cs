namespace Quorate.Hosts.Tcp;

/// <summary>How much memory may wait for clients to read: each for itself, and all of them together.</summary>
/// <param name="congestion">Owed more than this, a client's further requests wait.</param>
/// <param name="each">Owed this much, a client is given up. One reply more may be appended: it is not known before it is made.</param>
/// <param name="all">Owed this much together, a client is given up if it is congested, or what it is to get would make it so.</param>
internal sealed class OutputBudget(long congestion, long each, long all)
{
    private long _owed;

    /// <summary>The bound from which a client's requests wait.</summary>
    public long Congestion { get; } = congestion;

    /// <summary>What all clients are owed.</summary>
    public long Owed => Interlocked.Read(ref _owed);

    /// <summary>Takes <paramref name="bytes"/> for a client that is owed <paramref name="already"/>; false if it must go.</summary>
    public bool Take(long already, int bytes)
    {
        if (already > each || (already + bytes > Congestion && Interlocked.Read(ref _owed) > all))
            return false;
        Interlocked.Add(ref _owed, bytes);
        return true;
    }

    /// <summary>Gives bytes back that were sent or forgotten.</summary>
    public void Give(int bytes) => Interlocked.Add(ref _owed, -bytes);
}
