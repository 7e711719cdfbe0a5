using Quorate.Kernel;

namespace Quorate.Simulation;

/// <summary>The ensemble of a world. Its members run the shipped kernel; what befalls them the storm decides.</summary>
public sealed class ChaosEnsemble
{
    internal ChaosEnsemble(int members, Settings settings) => (Members, Settings) = (members, settings);

    /// <summary>How many members vote.</summary>
    public int Members { get; }

    /// <summary>How they are set.</summary>
    public Settings Settings { get; }

    /// <summary>Where they are, for a client in the same world.</summary>
    public string ConnectionString => Programs.ProgramTransport.ConnectionString(Members);
}
