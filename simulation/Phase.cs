namespace Quorate.Simulation;

/// <summary>The parts of a run.</summary>
public enum Phase
{
    /// <summary>Nothing goes wrong yet: a leader forms, clients connect.</summary>
    WarmUp,
    /// <summary>Faults come as the scenario says; safety is judged.</summary>
    Storm,
    /// <summary>A core majority is healed for good, whatever fails elsewhere fails for ever; progress is judged.</summary>
    Calm,
}
