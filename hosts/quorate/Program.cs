using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;
using Quorate.Cli;

// Handlers of sockets then run on the threads that poll them, which halves the cost of a wake-up; few such threads serve many requests per
// wake-up. .NET reads both once, at the first socket.
Set("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", 1);
Set("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", Math.Max(1, Environment.ProcessorCount / 4));

var root = new RootCommand("Quorate: coordination for distributed applications. Speaks ZooKeeper's protocol.")
{
    Serve.Command(),
    Ensemble.Command(),
    Import.Command(),
    Inspect.Command(),
    Snapshot.Command(),
    Restore.Command(),
    Simulate.Command(),
};
var parsed = root.Parse(args);
// Among all verbs each has one line; what it says at length is for its own help.
if (parsed.CommandResult.Command == root)
    foreach (var verb in root.Subcommands)
        verb.Description = verb.Description!.ReplaceLineEndings("\n").Split("\n")[0].Split(". ")[0].TrimEnd('.') + ".";
// A screen of help would hide the one line that says what is wrong.
if (parsed.Action is ParseErrorAction mistake && args.Length > 0)
    mistake.ShowHelp = false;
var code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
// What simulate ends with 1 for is a broken property, which a mistyped option is not.
return parsed.Action is ParseErrorAction && parsed.CommandResult.Command.Name == Simulate.Name ? Simulate.Refused : code;

static void Set(string name, int value)
{
    if (Environment.GetEnvironmentVariable(name) is null)
        Environment.SetEnvironmentVariable(name, value.ToString(CultureInfo.InvariantCulture));
}
