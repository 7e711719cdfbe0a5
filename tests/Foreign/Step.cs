using Quorate.Tests.Transcripts;

namespace Quorate.Tests.Foreign;

/// <summary>
/// One thing that one of a few clients does. Requests are bytes already, so that what is compared is the protocol and nothing in between.
/// </summary>
internal sealed record Step(int Client, Request Request)
{
    public const int CloseSession = -11;

    /// <summary>Not an operation: the connection is dropped and the session reattached.</summary>
    public const int Reattach = int.MinValue;

    public override string ToString() => $"c{Client} {Request.Text}";
}

/// <summary>A request as it goes out.</summary>
/// <param name="Text">For people.</param>
/// <param name="Code">The operation.</param>
/// <param name="Kind">How its reply is decoded.</param>
/// <param name="Body">What follows the request header.</param>
internal sealed record Request(string Text, int Code, string Kind, JuteBytes Body);
