using BenchmarkDotNet.Attributes;
using Quorate.Hosts.Memory;
using Quorate.Kernel;

namespace Quorate.Bench;

/// <summary>An in-memory server from nothing to serving, as every test of an application would start one. Aim: under 10 ms.</summary>
/// <remarks>Warm code; what the first one of a process costs is told by the verb memory-start.</remarks>
public class MemoryHostBench
{
    private static readonly byte[] Connect = Frames.WithLength(Frames.Connect());

    [Benchmark]
    public ServerState Start()
    {
        using var ensemble = MemoryEnsemble.Start();
        return ensemble.State;
    }

    /// <summary>The same, and a client's session.</summary>
    [Benchmark]
    public int StartAndConnect()
    {
        using var ensemble = MemoryEnsemble.Start();
        var connection = ensemble.Connect();
        connection.Send(Connect);
        return connection.TryReceive(out var response) ? response.Length : throw new InvalidOperationException("No session was opened.");
    }
}
