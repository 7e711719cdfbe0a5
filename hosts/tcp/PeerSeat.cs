using System.Diagnostics.CodeAnalysis;

namespace Quorate.Hosts.Tcp;

/// <summary>The place that this server keeps for one other member: where that is, and the one link with it.</summary>
/// <remarks>
/// One side alone decides which connection is the link: only the member with the higher id calls, and it calls only when it has none. So a
/// caller that is heard while a link exists has either lost its end of it, or is another process. If it is the process at the other end of
/// the old link, that is replaced. If it is another, the old one is asked whether it is still there: one that was killed, or whose machine
/// went down, is not, and is replaced; if it is, two members have the same id, and the newcomer is refused, so that a mistake elsewhere does
/// not disturb those who are at work.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The gate is waited on by tasks only: there is nothing in it to dispose of.")]
internal sealed class PeerSeat(ServerId id)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _gate = new(1);
    private volatile PeerSocket? _link;
    private volatile PeerAddress? _address;
    private volatile bool _isClosed;

    /// <summary>The member.</summary>
    public ServerId Id { get; } = id;

    /// <summary>Where the member is; null if that is not known.</summary>
    public PeerAddress? Address
    {
        get => _address;
        set => _address = value;
    }

    /// <summary>Where the link's other end is; null without a link.</summary>
    public string? LinkedPlace => _link is { Gone.IsCompleted: false } link ? link.Place : null;

    /// <summary>Done when there is no link.</summary>
    public Task Gone => _link?.Gone ?? Task.CompletedTask;

    /// <summary>Makes a new link the one that counts, after the former has ended.</summary>
    /// <param name="run">The process at the other end.</param>
    /// <param name="welcome">Makes the link; called when nothing speaks against it.</param>
    /// <returns>The link, or what speaks against it.</returns>
    public async Task<(PeerSocket? Link, PeerFault Fault)> Take(ulong run, Func<Task<PeerSocket>> welcome)
    {
        await _gate.WaitAsync();
        try
        {
            if (_link is { Gone.IsCompleted: false } sitting)
            {
                if (sitting.Run != run && await sitting.Answers(Patience))
                    return (null, PeerFault.Taken);
                sitting.Abort("a newer one takes its place");
                await sitting.Gone;
            }
            var link = await welcome();
            _link = link;
            if (_isClosed)
                link.Abort();
            return (link, PeerFault.None);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Ends the link at once, and every other that comes.</summary>
    public void Close()
    {
        _isClosed = true;
        _link?.Abort();
    }
}
