using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Drawing;

/// <summary>From a time on a member is something else.</summary>
/// <param name="Node">Its place in the network.</param>
/// <param name="At">When.</param>
/// <param name="Role">Its role; null while it recovers or is down.</param>
/// <param name="IsUp">Whether a server runs there.</param>
/// <param name="Term">Its term.</param>
/// <param name="Leader">Who leads, as far as it knows.</param>
internal sealed record Stand(int Node, TrueTime At, Role? Role, bool IsUp, Term Term, ServerId Leader);

/// <summary>Entries that a member learnt to be committed at one time, and what they did there.</summary>
internal sealed class CommitMark(int node, TrueTime at, LogIndex first)
{
    public const int TextsMost = 8;

    public int Node => node;

    public TrueTime At => at;

    public LogIndex First { get; } = first;

    public LogIndex Last { get; set; } = first;

    /// <summary>The first of them in words, once they are applied.</summary>
    public List<string> Texts { get; } = [];
}

/// <summary>A write or flush of a member's disk.</summary>
internal sealed class DiskWork(int node, TrueTime begun, EffectKind kind, DiskPlace place, DiskTicket ticket)
{
    public int Node => node;

    public TrueTime Begun => begun;

    public EffectKind Kind => kind;

    public DiskPlace Place => place;

    public DiskTicket Ticket => ticket;

    /// <summary>When it ended, or the server that had asked for it did.</summary>
    public TrueTime Ended { get; set; } = TrueTime.Never;

    /// <summary>How it ended; null while it has not, or when nobody was left to hear of it.</summary>
    public DiskOutcome? Outcome { get; set; }
}

/// <summary>Something that went wrong, and whom it turned out to befall.</summary>
internal sealed class Blow(TrueTime begun, string kind, string text, IReadOnlyList<int> whom, IReadOnlyList<(int From, int To)> directions)
{
    public TrueTime Begun => begun;

    /// <summary>What scenarios call it.</summary>
    public string Kind => kind;

    /// <summary>The line of the scenario.</summary>
    public string Text => text;

    public IReadOnlyList<int> Whom => whom;

    public IReadOnlyList<(int From, int To)> Directions => directions;

    /// <summary>When it was over; <see cref="TrueTime.Never"/> while it lasts.</summary>
    public TrueTime Over { get; set; } = TrueTime.Never;
}

/// <summary>Somebody's turn in a queue.</summary>
internal sealed class Tenure(int node, TrueTime begun, Hold hold)
{
    public int Node => node;

    public TrueTime Begun => begun;

    public Hold Hold => hold;

    /// <summary>When it ended for its holder; <see cref="TrueTime.Never"/> while it has not.</summary>
    public TrueTime Over { get; set; } = TrueTime.Never;

    /// <summary>Its fence, as it stood then.</summary>
    public TrueTime Fence { get; set; } = TrueTime.Never;
}

/// <summary>What a member said.</summary>
internal sealed record Saying(int Node, TrueTime At, NoteLevel Level, string Text);
