using System.Reflection;
using Microsoft.Coyote;
using Microsoft.Coyote.Rewriting;

// Rewrites the assemblies that a rewrite.json names, so that Coyote controls their scheduling. The engine's entry point is internal to
// its package, whose own command-line tool does not run on this version of .NET: hence the reflection.
const BindingFlags Any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
var engine = typeof(RewritingEngine).Assembly;
var core = typeof(Configuration).Assembly;
var configuration = Configuration.Create().WithTelemetryEnabled(false).WithConsoleLoggingEnabled();
var options = engine.GetType("Microsoft.Coyote.Rewriting.RewritingOptions", throwOnError: true)!
    .GetMethod("ParseFromJSON", Any, [typeof(string)])!.Invoke(null, [args[0]]);
var writer = core.GetType("Microsoft.Coyote.Logging.LogWriter", throwOnError: true)!;
var log = Activator.CreateInstance(writer, Any, null, [configuration, true], null);
var profiler = Activator.CreateInstance(core.GetType("Microsoft.Coyote.Profiler", throwOnError: true)!, nonPublic: true);
typeof(RewritingEngine).GetMethod("Run", BindingFlags.Static | BindingFlags.NonPublic)!
    .Invoke(null, [options, configuration, log, profiler]);
