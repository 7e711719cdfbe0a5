using Quorate.Kernel;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Front;

public class AllocationTests
{
    private const int Clients = 20;
    private const int Outstanding = 16;

    [Theory]
    [InlineData(OpCode.GetData)]
    [InlineData(OpCode.Exists)]
    [InlineData(OpCode.GetChildren2)]
    [InlineData(OpCode.GetAcl)]
    [InlineData(OpCode.SetData)]
    [InlineData(OpCode.Sync)]
    [InlineData(OpCode.Ping)]
    [InlineData(OpCode.CheckWatches)]
    public void A_request_allocates_nothing(OpCode op)
    {
        var load = new Load(op == OpCode.SetData ? Ask.SetData(1, "/a", "some data") : Ask.Read(1, op, "/a", watch: true));
        Assert.Equal(0, load.BytesPerRound());
    }

    [Fact]
    public void A_mix_of_reads_that_wait_behind_writes_allocates_nothing()
    {
        var load = new Load(
            Ask.SetData(1, "/a", "x"), Ask.Read(2, OpCode.GetData, "/a", watch: true), Ask.Path(3, OpCode.Sync, "/a"), Ask.Ping);
        Assert.Equal(0, load.BytesPerRound());
    }

    [Fact]
    public void While_consensus_takes_nothing_waiting_allocates_nothing()
    {
        var load = new Load(Ask.SetData(1, "/a", "x"), Ask.Read(2, OpCode.GetData, "/a")) { Halts = true };
        Assert.Equal(0, load.BytesPerRound());
    }

    /// <summary>Clients that send their frames over and over, with nothing around the front that allocates.</summary>
    private sealed class Load : IReplication
    {
        private readonly byte[][] _frames;
        private readonly Machine _machine = new(hashKey: 3);
        private readonly Effects _effects = new();
        private readonly Changes _changes = new();
        private readonly Arena _reply = new();
        private readonly ReplyWriter _answers = new();
        private readonly Arena _log = new(1 << 20);
        private readonly List<Slice> _entries = new(4096);
        private readonly Kernel.Fronts.Front _front;
        private Moment _now = new(new(0), new(1_700_000_000_000));
        private ulong _index, _round;
        private int _applied;

        public Load(params byte[][] frames)
        {
            _frames = frames;
            _front = new(new(), new(), _machine, this, new(7), NoTrace.Instance, new(5, 1));
            Span<byte> level = stackalloc byte[Level.Length];
            Level.Of(new()).Write(level);
            Propose(new() { Kind = CommandKind.Open });
            Propose(new() { Kind = CommandKind.Level, Body = level });
            _front.Expiry.Begin(_machine.Sessions, _now);
            for (ulong client = 1; client <= Clients; client++)
            {
                _front.Opened(new(client), Ask.Bytes(w => ClientOrigin.Write(w, "10.0.0.1:1"u8, "10.0.0.1"u8)), _now, _effects);
                _front.Frame(new(client), Ask.Connect(timeout: 40_000), _now, _effects);
            }
            Settle();
            _front.Frame(new(1), Ask.Create(1, "/a", "data"), _now, _effects);
            Settle();
        }

        public bool Halts { get; init; }
        public bool MayPropose { get; private set; } = true;
        public bool Leads => true;

        public ulong Confirm() => ++_round;

        public bool TryEndSilence(SessionId session) => true;

        public void Propose(in Command command)
        {
            var entry = _log.Reserve(CommandCodec.Length(command));
            CommandCodec.Write(_log[entry], command, Rules.None);
            _entries.Add(entry);
        }

        public long BytesPerRound()
        {
            for (var round = 0; round < 50; round++)
                Round();
            return Allocated.By(() =>
            {
                for (var round = 0; round < 50; round++)
                    Round();
            }) / 50;
        }

        private void Round()
        {
            _now = new(_now.Instant + TimeSpan.FromMilliseconds(1), _now.Wall);
            MayPropose = !Halts;
            for (var i = 0; i < Outstanding; i++)
                for (ulong client = 1; client <= Clients; client++)
                    _front.Frame(new(client), _frames[i % _frames.Length], _now, _effects);
            MayPropose = true;
            Settle();
        }

        private void Settle()
        {
            do
            {
                _front.Pump(_effects);
                Apply();
                _front.Confirmed(_round, _effects);
                _front.ShareAnew(_now, _effects);
                var ready = _front.ReadyReads;
                for (var read = 0; read < ready; read++)
                    _front.Answer(read, _answers);
                _front.FinishReads(ready, _now, _effects);
                _answers.Clear();
            }
            while (_front.ReadyReads > 0 || _front.AnyReadWaits || _applied < _entries.Count);
            _log.Clear();
            _entries.Clear();
            _applied = 0;
            _effects.Clear();
        }

        private void Apply()
        {
            while (_applied < _entries.Count)
            {
                var command = CommandCodec.Read(_log[_entries[_applied]]);
                if (!_front.MayApply(command))
                    return;
                _reply.Clear();
                var outcome = _machine.Apply(new(new(++_index), new(1), _now.Wall), command, _changes, new(_reply));
                _front.Applied(command, outcome, _changes, _reply[outcome.Body], _now, _effects);
                _applied++;
            }
        }
    }
}
