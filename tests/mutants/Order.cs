using System.Globalization;
using Quorate.Kernel.Ground;

namespace Quorate.Planted;

/// <summary>What the program is to do.</summary>
internal enum Errand
{
    Hunt,
    Record,
    Replay,
    Table,
}

/// <summary>The arguments, understood.</summary>
internal sealed class Order
{
    public Errand What { get; private set; }

    /// <summary>Which bugs.</summary>
    public List<Mutants> Names { get; } = [];

    /// <summary>The seed to begin with.</summary>
    public ulong First { get; private set; } = 1;

    /// <summary>How many seeds at most.</summary>
    public ulong Seeds { get; private set; } = 2000;

    /// <summary>How many members; null for as many as each bug takes.</summary>
    public int? Members { get; private set; }

    /// <summary>What members said and faults did at the last seed is told, too.</summary>
    public bool TellsAll { get; private set; }

    /// <summary>Only seeds in which clients stand in queues: no other can show a bug of fences and recipes.</summary>
    public bool OnlyQueues { get; private set; }

    /// <summary>How many hunts at a time.</summary>
    public int Jobs { get; private set; } = 1;

    public static bool TryParse(string[] arguments, out Order order)
    {
        order = new();
        var isRead = true;
        for (var i = 0; i < arguments.Length && isRead; i++)
            isRead = order.TryTake(arguments[i], arguments, ref i);
        if (order.What == Errand.Record && order.Names.Count == 0)
            order.Names.AddRange(Enum.GetValues<Mutants>().Where(static mutant => mutant != Mutants.None));
        return isRead && (order.What != Errand.Hunt || order.Names.Count > 0);
    }

    private bool TryTake(string argument, string[] arguments, ref int at)
    {
        if (Enum.TryParse<Mutants>(argument, out var mutant))
        {
            Names.Add(mutant);
            return true;
        }
        switch (argument)
        {
            case "--record":
                What = Errand.Record;
                return true;
            case "--replay":
                (What, Seeds) = (Errand.Replay, 300);
                return true;
            case "--table":
                What = Errand.Table;
                return true;
            case "--queues":
                OnlyQueues = true;
                return true;
            case "--log":
                TellsAll = true;
                return true;
        }
        if (++at == arguments.Length || !uint.TryParse(arguments[at], CultureInfo.InvariantCulture, out var number))
            return false;
        switch (argument)
        {
            case "--first":
                First = number;
                return true;
            case "--seeds":
                Seeds = number;
                return true;
            case "--members":
                Members = (int)number;
                return true;
            case "--jobs":
                Jobs = (int)number;
                return true;
            default:
                return false;
        }
    }
}
