using Microsoft.Coyote.Specifications;
using Quorate.Client;

namespace Quorate.Tests.Coyote;

/// <summary>The client's turns: whoever asks is told, in every schedule, also behind somebody who blocks.</summary>
[Collection("coyote")]
public class TurnScenarios
{
    [Fact]
    public void Everybody_who_asks_is_told() => Exploration.Holds(AskAndBeTold);

    [Fact]
    public void A_turn_that_ends_after_looking_leaves_somebody_waiting() =>
        Exploration.Finds(Quorate.Hosts.Tcp.Race.TurnEndsAfterLooking, AskAndBeTold, "Deadlock");

    [Fact]
    public void Whoever_is_told_may_block_until_others_are_told() => Exploration.Holds(BlockWhenTold);

    [Fact]
    public void Telling_before_the_next_turn_is_called_lets_one_who_blocks_stop_the_rest() =>
        Exploration.Finds(Quorate.Hosts.Tcp.Race.TellWithoutSuccessor, BlockWhenTold, "Deadlock");

    private static async Task AskAndBeTold()
    {
        var desk = new Desk();
        var asking = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            await desk.Ask();
            await desk.Ask();
        })).ToArray();
        await Task.WhenAll(asking);
        Specification.Assert(desk.Told == 6, "told {0} times", desk.Told);
    }

    private static async Task BlockWhenTold()
    {
        var desk = new Desk();
        var (first, second) = (desk.Put(), desk.Put());
        first.Say = () => second.Heard.Task.Wait();
        desk.Call();
        await first.Heard.Task;
        await second.Heard.Task;
    }

    /// <summary>A question and its answer.</summary>
    private sealed class Question
    {
        public TaskCompletionSource Heard { get; } = new();

        public Action Say { get; set; } = static () => { };
    }

    /// <summary>Answers whatever is asked; as the client does, behind a gate, and tells with the gate open.</summary>
    private sealed class Desk : ITurning
    {
        private readonly object _gate = new();
        private readonly Queue<Question> _asked = new();
        private readonly Queue<Question> _answered = new();
        private readonly Turn _turn;
        private int _told;

        public Desk() => _turn = new(this);

        public int Told => _told;

        public void Call() => _turn.Call();

        public Question Put()
        {
            var question = new Question();
            lock (_gate)
                _asked.Enqueue(question);
            return question;
        }

        public Task Ask()
        {
            var question = Put();
            _turn.Call();
            return question.Heard.Task;
        }

        bool ITurning.HasToTell
        {
            get
            {
                lock (_gate)
                    return _answered.Count > 0;
            }
        }

        void ITurning.Run(IThreadPoolWorkItem work) => _ = Task.Run(work.Execute);

        void ITurning.TakeWhatWasAsked()
        {
            lock (_gate)
                while (_asked.TryDequeue(out var question))
                    _answered.Enqueue(question);
        }

        void ITurning.TellSome()
        {
            while (true)
            {
                Question? next;
                lock (_gate)
                    if (!_answered.TryDequeue(out next))
                        return;
                Interlocked.Increment(ref _told);
                next.Say();
                next.Heard.SetResult();
            }
        }
    }
}
