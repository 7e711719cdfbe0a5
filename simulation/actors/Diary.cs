using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Actors;

/// <summary>How far a client has come with its workload: what a run must know when the client's computer crashes and its program begins anew.</summary>
internal sealed class Diary
{
    private ulong _seed;

    /// <summary>How many steps were taken.</summary>
    public int Step { get; set; }

    /// <summary>Takes the seed of all steps from the first dice it is given.</summary>
    public void Begin(Dice dice)
    {
        if (_seed == 0)
            _seed = dice.Next();
    }

    /// <summary>The dice of the present step: they depend on no other step.</summary>
    public Dice Dice() => new(_seed + (ulong)Step * 0x9E37_79B9_7F4A_7C15);
}
