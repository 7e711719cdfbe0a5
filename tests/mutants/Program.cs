using Quorate.Kernel.Ground;

namespace Quorate.Planted;

/// <summary>
/// Hunts planted bugs with the ordinary swarm. Exit code 0: all that were hunted were caught, and seeds without them passed. 1: not so. 2: the
/// arguments make no sense.
/// </summary>
internal static class Program
{
    private const string Usage = """
        quorate-mutants NAME... [--first SEED] [--seeds 2000] [--members N] [--jobs 1] [--queues] [--log]
                                                                                         hunts these and tells; None is the kernel as it ships
        quorate-mutants --record [NAME...] [the same]                                    hunts these, or all; catches.txt and the README's table tell of it
        quorate-mutants --replay [--seeds 300] [--jobs 1]                                each at its recorded seed, with and without it
        quorate-mutants --table                                                          the README's table
        quorate-mutants play NAME SCENARIO [PAGE]                                        a scenario with it, drawn
        quorate-mutants shrink NAME SEED MEMBERS RUNS [SCENARIO [PAGE]]                  what a seed shows of it, made smaller, and drawn
        """;

    private static int Main(string[] arguments)
    {
        if (arguments is ["shrink", ..])
            return Dissection.Run(arguments.AsSpan(1));
        if (arguments is ["play", var name, var file, .. var page])
            return Dissection.Play(name, file, page.FirstOrDefault());
        if (!Order.TryParse(arguments, out var order))
        {
            Console.Error.WriteLine(Usage);
            Console.Error.WriteLine($"Names: {string.Join(", ", Enum.GetNames<Mutants>())}");
            return 2;
        }
        switch (order.What)
        {
            case Errand.Table:
                Console.Write(Book.Table(Book.Read()));
                return 0;
            case Errand.Replay:
                return Crew.Run(order.Jobs, Book.Read(), caught => Replay(caught, order)) ? 0 : 1;
            default:
                return Crew.Run(order.Jobs, order.Names, mutant => Hunt(mutant, order)) ? 0 : 1;
        }
    }

    private static bool Hunt(Mutants mutant, Order order)
    {
        var hunt = new Hunt(mutant, order.Members ?? mutant.Planted().Members, order.OnlyQueues);
        var isCaught = hunt.Run(order.First, order.Seeds);
        if (order.TellsAll)
            foreach (var line in hunt.Log)
                Tell(line);
        Tell(hunt.ToString());
        if (isCaught && order.What == Errand.Record)
            Book.Enter(hunt.Catch!);
        return isCaught;
    }

    /// <summary>Where a seed has drifted, since kernel and swarm have changed, the bug is hunted anew: not where it is caught counts, but that it is.</summary>
    private static bool Replay(Catch caught, Order order)
    {
        var hunt = new Hunt(caught.Mutant, caught.Members);
        if (hunt.Run(caught.Seed, 1) || hunt.Run(1, order.Seeds))
        {
            Tell($"{hunt}{(hunt.Catch!.Seed == caught.Seed ? "" : $" (recorded: {caught.Seed})")}");
            return true;
        }
        Tell(hunt.ToString());
        return false;
    }

    private static void Tell(string line) => Console.WriteLine(line);
}
