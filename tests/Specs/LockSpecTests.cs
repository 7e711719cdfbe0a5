using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Recipes;

namespace Quorate.Tests.Specs;

public class LockSpecTests(ITestOutputHelper output)
{
    [Fact]
    public void Writers_are_alone_and_everybody_comes_in_order()
    {
        var report = LockSpec.Make().Exhaustive(output.WriteLine);
        Assert.True(report.Closed);
        Assert.Empty(report.NeverFired);
    }

    [Theory]
    [InlineData("a reader passes a writer that waits", LockSpec.InOrder)]
    [InlineData("a writer looks at writers only", LockSpec.Excludes)]
    [InlineData("who has lost its znode goes on", LockSpec.Excludes)]
    [InlineData("nobody is told that it is their turn", LockSpec.Moves)]
    public void Every_fault_is_found(string fault, string by)
    {
        var report = LockSpec.Make().Faults();
        Assert.Empty(report.Uncaught);
        Assert.Empty(report.Inconclusive);
        Assert.Equal(by, report.CaughtBy(fault));
    }

    [Theory]
    [InlineData(QueueLayout.Curator)]
    [InlineData(QueueLayout.Kazoo)]
    public void The_shipped_contests_do_what_the_model_does_in_every_transition(QueueLayout layout)
    {
        var report = LockSpec.Make().ConformExhaustive(
            () => new Shipped(layout), static (shipped, transition) => shipped.Follow(transition), output.WriteLine);
        Assert.Equal(report.Transitions, report.ConformedTransitions);
    }

    /// <summary>Three contests in one queue, whose sessions never end.</summary>
    private sealed class Shipped(QueueLayout layout)
    {
        private readonly SmallQueue _queue = new();
        private readonly Contestant?[] _contestants = new Contestant?[LockState.Clients];
        private Instant _now = Instant.Origin;

        /// <summary>Takes one transition of the model. What differs afterwards, or null.</summary>
        public string? Follow(Transition<LockState> transition)
        {
            _now += TimeSpan.FromSeconds(1);
            ref var client = ref _contestants[transition.ArgIndex];
            switch (transition.Action)
            {
                case "Read" or "Write":
                    var discipline = transition.Action == "Read" ? Discipline.Read(layout) : Discipline.Write(layout);
                    client = new(_queue, discipline) { FenceAt = Instant.Never };
                    break;
                case "Leave":
                    client!.Leave(_now);
                    break;
                case "Lose":
                    _queue.Remove(client!.Name!);
                    break;
            }
            // Whoever has to do something first, then those whose turn that makes it.
            Run(ref client);
            for (var other = 0; other < _contestants.Length; other++)
                Run(ref _contestants[other]);
            return Compare(transition.After);
        }

        private void Run(ref Contestant? client)
        {
            client?.Run(_now);
            if (client is { IsOver: true })
                client = null;
        }

        private string? Compare(in LockState model)
        {
            for (var client = 0; client < _contestants.Length; client++)
            {
                var (number, holds) = _contestants[client] is { } there ? (there.Number, there.IsInOffice) : (0, false);
                if ((number, holds) != (model[client].Number, model[client].Holds))
                    return $"client {client} has place {number} and {(holds ? "holds" : "does not hold")} the lock";
            }
            return null;
        }
    }
}
