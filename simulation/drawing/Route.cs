using Quorate.Simulation.Times;

namespace Quorate.Simulation.Drawing;

/// <summary>One message on its way from one computer to another, as it was sent; only its <see cref="Route"/> changes it.</summary>
/// <param name="From">The sender's place in the network.</param>
/// <param name="To">The receiver's.</param>
/// <param name="Sent">When it was sent.</param>
/// <param name="Frames">Its bytes.</param>
/// <param name="Word">What it is instead of bytes, or what must be known to read them.</param>
/// <param name="Connection">The client's connection it belongs to; 0 between members.</param>
internal sealed record Flight(int From, int To, TrueTime Sent, byte[] Frames, string? Word, ulong Connection)
{
    /// <summary>When it arrives, or would have.</summary>
    public TrueTime Arrives { get; set; } = TrueTime.Never;

    /// <summary>When it was lost.</summary>
    public TrueTime LostAt { get; set; } = TrueTime.Never;

    /// <summary>How it was lost; null when it was not.</summary>
    public string? Loss { get; set; }

    /// <summary>Whether it was the network that made it from another.</summary>
    public bool IsCopy { get; init; }
}

/// <summary>
/// One direction of a link as a recording follows it: what was sent and waits, and what is on the way. A link tells it what becomes of the
/// bytes it was given, in order; who would have to be told which of them is not known there, and worked out here.
/// </summary>
internal sealed class Route(Recording recording, int from, int to, ulong connection = 0)
{
    private readonly Queue<Flight> _waiting = new();
    private readonly List<Flight> _flying = [];

    /// <summary>Something is sent. Until <see cref="Left"/> it waits.</summary>
    public void Sent(ReadOnlySpan<byte> frames, string? word = null)
    {
        var flight = new Flight(from, to, recording.Now, frames.ToArray(), word, connection);
        _waiting.Enqueue(flight);
        recording.Add(flight);
    }

    /// <summary>The oldest that waits is on its way; if none waits, the network has doubled the last that left.</summary>
    public void Left(TrueTime arrives)
    {
        if (!_waiting.TryDequeue(out var flight))
        {
            flight = _flying[^1] with { IsCopy = true };
            recording.Add(flight);
        }
        flight.Arrives = arrives;
        _flying.Add(flight);
    }

    /// <summary>The oldest that waits goes nowhere.</summary>
    public void Lost(string how)
    {
        if (_waiting.TryDequeue(out var flight))
            Lose(flight, how);
    }

    /// <summary>What was to arrive now does.</summary>
    /// <param name="failure">Why nobody takes it; null when somebody does.</param>
    public void Arrived(string? failure)
    {
        var place = _flying.FindIndex(flight => flight.Arrives == recording.Now);
        if (place < 0)
            return;
        if (failure is not null)
            Lose(_flying[place], failure);
        _flying.RemoveAt(place);
    }

    /// <summary>Nothing that waits will go any more.</summary>
    public void Abandoned(string how)
    {
        while (_waiting.Count > 0)
            Lost(how);
    }

    /// <summary>Nothing that waits or is on its way arrives.</summary>
    public void Broke(string how)
    {
        Abandoned(how);
        foreach (var flight in _flying)
            Lose(flight, how);
        _flying.Clear();
    }

    private void Lose(Flight flight, string how) => (flight.LostAt, flight.Loss) = (recording.Now, how);
}
