using Quorate.Client;

namespace Quorate.Tests.Recipes;

/// <summary>Another transport's connections, which can be cut, and stay cut until they are mended.</summary>
internal sealed class FrailTransport(ClientTransport inner) : ClientTransport
{
    private readonly Lock _gate = new();
    private readonly List<Link> _links = [];
    private bool _isCut;

    public override TimeProvider Time => inner.Time;

    public override IClientLink Connect(ServerAddress server, ILinkOwner owner)
    {
        lock (_gate)
        {
            if (_isCut)
            {
                _ = Task.Run(() => owner.Closed("cut"));
                return new NoLink();
            }
            var link = new Link(owner);
            link.Inner = inner.Connect(server, link);
            _links.Add(link);
            return link;
        }
    }

    /// <summary>Breaks all connections, and lets none be made.</summary>
    public void Cut()
    {
        List<Link> links;
        lock (_gate)
        {
            _isCut = true;
            links = [.. _links];
            _links.Clear();
        }
        foreach (var link in links)
            link.Break();
    }

    public void Mend()
    {
        lock (_gate)
            _isCut = false;
    }

    private sealed class NoLink : IClientLink
    {
        public void Send(ReadOnlySpan<byte> bytes) { }

        public void Close() { }
    }

    private sealed class Link(ILinkOwner owner) : IClientLink, ILinkOwner
    {
        private volatile bool _isBroken;

        public IClientLink? Inner { get; set; }

        public void Break()
        {
            _isBroken = true;
            Inner!.Close();
            owner.Closed("cut");
        }

        public void Send(ReadOnlySpan<byte> bytes)
        {
            if (!_isBroken)
                Inner!.Send(bytes);
        }

        public void Close() => Inner!.Close();

        public void Opened()
        {
            if (!_isBroken)
                owner.Opened();
        }

        public void Received(ReadOnlySpan<byte> bytes)
        {
            if (!_isBroken)
                owner.Received(bytes);
        }

        public void Closed(string reason)
        {
            if (!_isBroken)
                owner.Closed(reason);
        }
    }
}
