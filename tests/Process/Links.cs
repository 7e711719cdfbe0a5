using System.Net;

namespace Quorate.Tests.Crashes;

/// <summary>What lies between three members, counted from 0, and can be cut between any two of them.</summary>
internal abstract class Links : IDisposable
{
    public const int Members = 3;

    /// <summary>Where a member is reached.</summary>
    public virtual IPAddress AddressOf(int member) => IPAddress.Loopback;

    /// <summary>The network namespace that a member lives in; null for that of the test.</summary>
    public virtual string? NamespaceOf(int member) => null;

    /// <summary>The peer port of a member, as another one has to call it.</summary>
    public abstract int PortOf(int member, int caller);

    /// <summary>Nothing passes between two members any more; neither of them is told.</summary>
    public abstract void Cut(int one, int other);

    /// <summary>All is as before.</summary>
    public abstract void Mend(int one, int other);

    public abstract void Dispose();
}

/// <summary>Links on one machine, through the test itself: of two members the one with the higher id calls, and calls a port of the test's.</summary>
internal sealed class WiredLinks(int[] ports) : Links
{
    private readonly Wire[] _wires = [new(ports[0]), new(ports[0]), new(ports[1])];

    public override int PortOf(int member, int caller) => caller > member ? Between(member, caller).Port : ports[member];

    public override void Cut(int one, int other) => Between(one, other).Cut();

    public override void Mend(int one, int other) => Between(one, other).Mend();

    public override void Dispose()
    {
        foreach (var wire in _wires)
            wire.Dispose();
    }

    private Wire Between(int one, int other) => _wires[one + other - 1];
}
