namespace Quorate.Hosts.Tcp;

/// <summary>The server does not start, for a reason its operator can mend. The message is one line: what is wrong, what to do.</summary>
public sealed class StartRefusedException : Exception
{
    /// <summary>Refuses without a reason.</summary>
    public StartRefusedException()
    {
    }

    /// <summary>Refuses, saying why.</summary>
    public StartRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>Refuses, saying why and what was tried.</summary>
    public StartRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
