namespace Quorate.Simulation.Judges;

/// <summary>
/// Who stands in a queue watches its own znode and those nearest ahead, as many as there are places: so nobody's going wakes a herd.
/// </summary>
internal sealed class Herd : Judge
{
    /// <summary>A recipe has asked for watches.</summary>
    /// <param name="who">Whose recipe.</param>
    /// <param name="watches">How many, in one step.</param>
    /// <param name="places">How many can hold what the queue is for.</param>
    public void Watched(string who, int watches, int places)
    {
        if (watches > places + 1)
            Accuse($"{who} watches {watches} znodes of a queue at once, its own included; {places + 1} are enough.");
    }
}
