namespace Quorate.Hosts.Tcp;

/// <summary>The links that the kernel knows to be up, by member. For the kernel thread alone.</summary>
internal sealed class Peers
{
    private readonly PeerSocket?[] _links = new PeerSocket?[byte.MaxValue + 1];
    private readonly List<PeerSocket> _unflushed = [];

    /// <summary>A link came up. The former one with this member is gone: its end was taken from the mailbox before.</summary>
    public void Add(PeerSocket link)
    {
        Invariant.Holds(_links[link.Id.Value] is null);
        _links[link.Id.Value] = link;
    }

    /// <summary>A link is gone.</summary>
    public void Remove(PeerSocket link)
    {
        Invariant.Holds(_links[link.Id.Value] == link);
        _links[link.Id.Value] = null;
    }

    /// <summary>The link with a member; null if there is none.</summary>
    public PeerSocket? LinkOf(ServerId id) => _links[id.Value];

    /// <summary>Appends a frame to what a member is sent; without a link it is lost.</summary>
    public void Send(ServerId to, ReadOnlySpan<byte> frame)
    {
        if (_links[to.Value] is not { } link)
            return;
        link.Append(frame);
        if (link.Output.Unflushed)
            return;
        link.Output.Unflushed = true;
        _unflushed.Add(link);
    }

    /// <summary>Begins to send what was appended.</summary>
    public void Flush()
    {
        foreach (var link in _unflushed)
        {
            link.Output.Unflushed = false;
            link.Output.Flush();
        }
        _unflushed.Clear();
    }

    /// <summary>Ends all links: after what was flushed, or at once.</summary>
    public void Leave(bool atOnce)
    {
        foreach (var link in _links)
        {
            if (atOnce)
                link?.Abort();
            else
                link?.HangUp();
        }
    }
}
