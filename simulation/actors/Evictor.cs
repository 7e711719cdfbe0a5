using System.Text;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Fate = Quorate.Kernel.Clients.Fate;
using Request = Quorate.Simulation.Histories.Request;

namespace Quorate.Simulation.Actors;

/// <summary>
/// Deletes the znodes of others: now and then the first in a queue, whose turn it mostly is, or an instance of a service. Nobody asks the
/// owner.
/// </summary>
internal sealed class Evictor : ClientActor
{
    /// <summary>The name of its workload.</summary>
    public const string Name = "evictor";

    private static readonly string[] Queues = [.. Trade.All.Select(static trade => trade.Queue), Registrant.Service];

    private readonly ClientPlan _plan;
    private readonly Offices _offices;
    private readonly ClientSettings _settings;
    private Instant _nextStep;

    public Evictor(ClientPlan plan, IActorPorts ports, Offices offices, ClientSettings settings)
        : base(ports) => (_plan, _offices, _settings) = (plan, offices, settings);

    public override Instant NextDeadline => Instant.Earlier(Driver.NextDeadline, IsFinishing ? Instant.Never : _nextStep);

    public override bool IsFinished => IsFinishing && Unanswered == 0;

    public override void Start()
    {
        Driver.Begin(_settings);
        Wait();
    }

    public override void Tick()
    {
        Driver.Tick();
        if (_nextStep <= Now && !IsFinishing)
        {
            Wait();
            Ask(new Request.Read(OpCode.GetChildren, Queues[(int)Ports.Dice.Below((ulong)Queues.Length)]));
        }
        GoOn();
    }

    protected override void GoOn()
    {
        if (Driver.IsOver)
            Driver.Begin(_settings);
    }

    protected override void Answered(Request request, Told told)
    {
        if (told.Fate != Fate.Answered || told.Error != ErrorCode.Ok)
            return;
        if (request is Request.Delete delete)
            _offices.Dispossession.Evicted(delete.Path, told.Zxid);
        else if (request is Request.Read read && FirstOf(told.Bytes) is { } first)
        {
            _offices.Evicts($"{read.Path}/{first}");
            Ask(new Request.Delete($"{read.Path}/{first}", -1));
        }
    }

    private void Wait() => _nextStep = Now + Ports.Dice.Between(TimeSpan.Zero, 2 * _plan.Think);

    /// <summary>By the number at the end of its name.</summary>
    private static string? FirstOf(byte[] body)
    {
        var reader = new JuteReader(body);
        var names = new List<string>();
        foreach (var name in ChildrenReply.Read(ref reader, OpCode.GetChildren).Children)
            names.Add(Encoding.UTF8.GetString(name));
        return names.MinBy(static name => name[^Math.Min(10, name.Length)..], StringComparer.Ordinal);
    }
}
