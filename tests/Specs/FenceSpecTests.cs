using CsCheck;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;

namespace Quorate.Tests.Specs;

public class FenceSpecTests(ITestOutputHelper output)
{
    [Fact]
    public void Nobody_closes_a_session_before_its_owners_fence()
    {
        var report = FenceSpec.Make().Exhaustive(output.WriteLine);
        Assert.True(report.Closed);
        Assert.Empty(report.NeverFired);
    }

    [Fact]
    public void Every_fault_is_found()
    {
        var report = FenceSpec.Make().Faults(output.WriteLine);
        Assert.Empty(report.Uncaught);
        Assert.Empty(report.Inconclusive);
        Assert.All(report.Results, static fault => Assert.Equal(FenceSpec.ClosesEarly, fault.CaughtBy));
    }

    /// <summary>The owner's <see cref="Heartbeat"/> and the leader's <see cref="Expiry"/>, side by side with the model.</summary>
    [Fact]
    public void The_shipped_heartbeat_and_expiry_do_what_the_model_does_in_every_transition()
    {
        var report = FenceSpec.Make().ConformExhaustive(static () => new Shipped(), static (shipped, transition) => shipped.Follow(transition), output.WriteLine);
        Assert.Equal(report.Transitions, report.ConformedTransitions);
    }

    private sealed class Shipped
    {
        private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(FenceSpec.Timeout);
        private static readonly SessionId Id = new(7);

        private readonly Heartbeat _heartbeat = new(FenceSpec.DriftPpm);
        private readonly Sessions _sessions = new();
        private readonly int _row;
        private Expiry _expiry = new();
        private Instant _owner = Instant.Origin, _leader = Instant.Origin;
        private Instant _sent;
        private bool _isOver;

        public Shipped()
        {
            _row = _sessions.Open(new() { Id = Id, TimeoutMilliseconds = (int)Timeout.TotalMilliseconds });
            _expiry.Begin(_sessions, At(_leader));
            _heartbeat.Attached(_owner, Timeout, isNew: true, arePongsConfirmed: true, _owner);
        }

        /// <summary>Takes one transition of the model. What differs afterwards, or null.</summary>
        public string? Follow(Transition<FenceState> transition) => Take(transition.Action, transition.Before) ?? Compare(transition.After);

        private string? Take(string action, in FenceState before)
        {
            switch (action)
            {
                case "Send":
                    _sent = _owner;
                    if (before.Way == Way.None)
                        _heartbeat.Pinged(_owner);
                    return null;
                case "Record":
                    return Record() == !before.Refuses ? null : "the leader took or refused the touch";
                case "Answer" when before.IsAttach:
                    _heartbeat.Attached(_sent, Timeout, isNew: false, arePongsConfirmed: true, _owner);
                    return null;
                case "Answer":
                    return _heartbeat.TryPong(_owner) ? null : "the owner did not know of its ping";
                case "Second":
                    return Pass(owner: 1, leader: 1);
                case "SecondOfASlowOwner":
                    return Pass(owner: 0, leader: 1);
                case "SecondOfAFastLeader":
                    return Pass(owner: 1, leader: 2);
                case "SecondOfBoth":
                    return Pass(owner: 0, leader: 2);
                case "ProposeClose":
                    return Closes() ? null : "the leader did not close a session that was silent for its timeout";
                case "CommitClose" or "ElectWithTheClose":
                    _isOver = true;
                    _expiry.Closed(_row);
                    return null;
                case "ElectWithoutTheClose":
                    _expiry = new();
                    _expiry.Begin(_sessions, At(_leader));
                    return null;
                default:
                    return null;   // what happens on the way between the two
            }
        }

        private bool Record()
        {
            _expiry.SilenceEnded(_row);
            return _expiry.Touch(_row, Id, At(_leader));
        }

        private string? Pass(int owner, int leader)
        {
            _owner += TimeSpan.FromSeconds(owner);
            _leader += TimeSpan.FromSeconds(leader);
            return null;
        }

        private bool Closes()
        {
            while (_expiry.TryTake(At(_leader), out _, out var silence))
                if (silence == TimeSpan.Zero)
                    return true;
            return false;
        }

        private string? Compare(in FenceState model)
        {
            var fence = Instant.Later(_heartbeat.FenceAt, _owner) - _owner;
            if (fence != TimeSpan.FromSeconds(model.Fence))
                return $"the owner relies on its session for {fence} more, the model for {model.Fence} s";
            var mustNotClose = model is { Timer: > 0, IsProposed: false } && !_isOver;
            return mustNotClose && Closes() ? "the leader closed a session that was not silent for its timeout" : null;
        }

        private static Moment At(Instant instant) => new(instant, default);
    }
}
