using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Quorate.Bench;

// dotnet run -c Release --project bench -- --filter '*Codec*' [--in-process]
//
// Bytes per operation are exact and must stay 0 where tests/ say so. Times are worth comparing within one run only: on a busy machine
// the error of a short run can be several times its mean.
switch (args.FirstOrDefault())
{
    case "client":
        return await ClientLoad.Run(args[1..]);
    case "flood":
        return await Flood.Run(args[1..]);
    case "memory-start":
        return MemoryStart.Run();
    case "simulation":
        return SimulationSpeed.Run(args[1..]);
    case "chaos":
        return ChaosSpeed.Run(args[1..]);
}

const string inProcess = "--in-process";
var job = args.Contains(inProcess) ? Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance) : Job.ShortRun;
var config = ManualConfig.CreateMinimumViable()
    .AddJob(job)
    .AddColumn(StatisticColumn.OperationsPerSecond)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddExporter(JsonExporter.Full)
    .WithArtifactsPath("artifacts");
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args.Where(arg => arg != inProcess).ToArray(), config);
return 0;
