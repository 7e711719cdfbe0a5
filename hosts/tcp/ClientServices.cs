using Microsoft.Extensions.Logging;

namespace Quorate.Hosts.Tcp;

/// <summary>What every connection of a server shares.</summary>
/// <param name="Mailbox">The way to the kernel thread.</param>
/// <param name="Budget">How much may wait for clients to read.</param>
/// <param name="FrameBytesMax">The largest frame a client may send.</param>
/// <param name="Log">Where refusals are written.</param>
internal sealed record ClientServices(Mailbox<Mail> Mailbox, OutputBudget Budget, int FrameBytesMax, ILogger Log);
