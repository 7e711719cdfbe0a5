namespace Quorate.Hosts.Tcp;

/// <summary>The kernel thread's notes about one connection: its number, and its requests whose turn has not come.</summary>
internal sealed class ClientTurn
{
    /// <summary>The connection's number in the kernel; none before it was opened and after it was closed.</summary>
    public ConnectionId Id { get; set; }

    /// <summary>What was received, in order of arrival.</summary>
    public Queue<Mail> Waiting { get; } = new(0);

    /// <summary>Whether nothing is read from it before all that waits had its turn, because too much waits in all.</summary>
    public bool IsCrowded { get; set; }

    /// <summary>How many bytes of the first of them have been delivered.</summary>
    public int Position { get; set; }

    /// <summary>Whether its first frame was delivered. It has no further turn before that is answered.</summary>
    public bool HasAsked { get; set; }

    /// <summary>Whether the kernel wants no more requests of it for the moment.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Whether something was replied to it.</summary>
    public bool IsGreeted { get; set; }

    /// <summary>Whether the kernel was told, or is about to be, that the client does not read what it is owed.</summary>
    public bool IsStalled { get; set; }

    /// <summary>Whether the connection stands in the line of those that will be served.</summary>
    public bool InLine { get; set; }

    /// <summary>Whether the end of the connection is among what waits.</summary>
    public bool Ending { get; set; }
}
