using Quorate.Kernel.Recipes;

namespace Quorate.Tests.Recipes;

/// <summary>Many contests for one thing, in every order in which answers and events may come.</summary>
public sealed class CrowdTests
{
    private const int Seeds = 300;
    private const int StepsMax = 20_000;

    [Fact]
    public void Of_a_lock_there_is_one_holder_at_a_time_and_everybody_has_a_turn() =>
        Run(() => [.. Enumerable.Repeat(Discipline.Lock(), 4)], static acting => acting.Count(static acts => acts) <= 1);

    [Fact]
    public void Of_a_semaphore_there_are_never_more_holders_than_places() =>
        Run(() => [.. Enumerable.Repeat(Discipline.Semaphore(2), 5)], static acting => acting.Count(static acts => acts) <= 2);

    [Fact]
    public void Writers_exclude_everybody_and_readers_only_writers() => Run(
        () => [Discipline.Read(), Discipline.Write(), Discipline.Read(), Discipline.Write(), Discipline.Read()],
        static acting => !(acting[1] && acting[3]) && !((acting[1] || acting[3]) && (acting[0] || acting[2] || acting[4])));

    [Fact]
    public void Places_that_somebody_deletes_are_taken_anew()
    {
        for (var seed = 1ul; seed <= Seeds; seed++)
        {
            var crowd = new Crowd([.. Enumerable.Repeat(Discipline.Lock(), 4)], seed);
            for (var steps = 0; steps < 300 && crowd.Step(withBreaks: true); steps++)
                if (steps % 30 == 29)
                    crowd.DeleteAny();
            Finish(crowd, static _ => true, seed);
        }
    }

    private static void Run(Func<Discipline[]> disciplines, Func<bool[], bool> isAllowed)
    {
        for (var seed = 1ul; seed <= Seeds; seed++)
        {
            var crowd = new Crowd(disciplines(), seed);
            for (var steps = 0; steps < 200 && crowd.Step(withBreaks: true); steps++)
                Check(crowd, isAllowed, seed);
            Finish(crowd, isAllowed, seed);
        }
    }

    /// <summary>Whoever wins leaves, until everybody is gone.</summary>
    private static void Finish(Crowd crowd, Func<bool[], bool> isAllowed, ulong seed)
    {
        for (var steps = 0; crowd.People.Any(static person => !person.Contest.IsOver); steps++)
        {
            Assert.True(steps < StepsMax, $"Seed {seed}: it goes on for ever.");
            Check(crowd, isAllowed, seed);
            if (crowd.Step(withBreaks: false))
                continue;
            var holder = crowd.People.FirstOrDefault(static person => person.MayAct);
            Assert.True(holder is not null, $"Seed {seed}: nobody holds it, and nothing happens any more.");
            holder.Leave();
        }
        Assert.All(crowd.People, static person => Assert.Equal(1, person.Wins));
    }

    private static void Check(Crowd crowd, Func<bool[], bool> isAllowed, ulong seed) =>
        Assert.True(isAllowed([.. crowd.People.Select(static person => person.MayAct)]), $"Seed {seed}: too many at once.");
}
