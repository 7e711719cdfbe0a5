using Quorate.Client;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Net;

namespace Quorate.Simulation.Programs;

/// <summary>A connection of a program: the simulated one below, the program's client above, and its history beside.</summary>
internal sealed class ProgramLink(ProgramComputer computer, ClientLink link, ILinkOwner owner) : IClientLink
{
    private ClientTap? _tap;

    /// <summary>Which connection it is.</summary>
    public ulong Number => link.Id.Value;

    public MemberComputer Member => link.Member;

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        if (_tap is null)
        {
            // The client sends its ConnectRequest whole, and before anything else: it says which session the connection is for.
            _tap = computer.TapOf(bytes[sizeof(int)..]);
            _tap.Opened(Member.Id);
        }
        _tap.Sent(bytes);
        link.Ask(bytes);
    }

    /// <inheritdoc/>
    public void Close()
    {
        computer.Forget(this);
        link.Close();
        _tap?.Closed();
    }

    public void Opened() => owner.Opened();

    public void Received(Bytes bytes)
    {
        link.TakenUp(bytes.Length);
        if (_tap is { } tap)
        {
            tap.Received(bytes.Span);
            link.Session = tap.Session;
            if (tap.Fault is { } fault)
                computer.World.Court.Find("Protocol", $"{computer.Name} got {fault}.");
        }
        owner.Received(bytes.Span);
    }

    public void Closed()
    {
        _tap?.Closed();
        owner.Closed($"the connection to member {Member.Id} could not be made or is gone");
    }
}
