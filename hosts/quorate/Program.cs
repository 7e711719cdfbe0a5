using System.CommandLine;
using Quorate.Cli;

// Handlers of sockets then run on the thread that polls them, which halves the cost of a wake-up. .NET reads this once, at the first socket.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

var root = new RootCommand("Quorate: coordination for distributed applications. Speaks ZooKeeper's protocol.") { Serve.Command(), Import.Command() };
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
