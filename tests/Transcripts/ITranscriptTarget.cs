namespace Quorate.Tests.Transcripts;

/// <summary>A server that transcripts can be played at: behind a socket with real time, or a kernel in hand with virtual time.</summary>
internal interface ITranscriptTarget
{
    /// <summary>The wall clock that the server stamps into znodes.</summary>
    DateTimeOffset Clock { get; }

    ITranscriptConnection Open();

    /// <summary>Lets time pass, without anything from the clients.</summary>
    void Sleep(TimeSpan time);
}

/// <summary>One client connection. Nothing here throws because the server has closed it; disposing closes the client's side.</summary>
internal interface ITranscriptConnection : IDisposable
{
    /// <summary>Sends bytes as they are; they are lost when the server has closed the connection.</summary>
    void Send(ReadOnlySpan<byte> bytes);

    /// <summary>The next whole frame, length prefix included.</summary>
    Arrival ReceiveFrame(TimeSpan patience, out byte[] frame);

    /// <summary>Everything that comes until the server closes; <see cref="Arrival.Silence"/> when it has not after all that time.</summary>
    Arrival ReceiveUntilClosed(TimeSpan patience, out byte[] bytes);
}

internal enum Arrival
{
    Frame,
    Closed,
    Silence,
}
