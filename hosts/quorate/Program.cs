using System.CommandLine;
using System.CommandLine.Invocation;
using Quorate.Cli;

// Handlers of sockets then run on the thread that polls them, which halves the cost of a wake-up. .NET reads this once, at the first socket.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

var root = new RootCommand("Quorate: coordination for distributed applications. Speaks ZooKeeper's protocol.") { Serve.Command(), Import.Command(), Inspect.Command() };
var parsed = root.Parse(args);
// A screen of help would hide the one line that says what is wrong.
if (parsed.Action is ParseErrorAction mistake && args.Length > 0)
    mistake.ShowHelp = false;
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
