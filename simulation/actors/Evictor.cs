using System.Text;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Fate = Quorate.Kernel.Clients.Fate;
using Request = Quorate.Simulation.Histories.Request;

namespace Quorate.Simulation.Actors;

/// <summary>Deletes the znodes of others: now and then the first in a queue, whose turn it mostly is, or an
/// instance of a service. Nobody asks the owner.</summary>
internal sealed class Evictor : IActor
{
    /// <summary>The name of its workload.</summary>
    public const string Name = "evictor";

    private static readonly string[] Queues = [.. Trade.All.Select(static trade => trade.Queue), Registrant.Service];

    private readonly ClientPlan _plan;
    private readonly IActorPorts _ports;
    private readonly Offices _offices;
    private readonly ClientSettings _settings;
    private readonly ClientDriver _driver;
    private readonly Arena _record = new();
    private readonly Dictionary<ulong, Request> _asked = [];
    private ulong _lastTicket;
    private Instant _nextStep;
    private bool _isFinishing;

    public Evictor(ClientPlan plan, IActorPorts ports, Offices offices, ClientSettings settings)
    {
        (_plan, _ports, _offices, _settings) = (plan, ports, offices, settings);
        _driver = new(ports, Learn);
    }

    public Instant NextDeadline => Instant.Earlier(_driver.NextDeadline, _isFinishing ? Instant.Never : _nextStep);

    public bool IsFinished => _isFinishing && _asked.Count == 0;

    private Instant Now => _ports.Now.Instant;

    public void Start()
    {
        _driver.Begin(_settings);
        Wait();
    }

    public void Connected() => _driver.Connected();

    public void Received(ReadOnlySpan<byte> bytes)
    {
        _driver.Received(bytes);
        GoOn();
    }

    public void Closed()
    {
        _driver.Closed();
        GoOn();
    }

    public void Tick()
    {
        _driver.Tick();
        if (_nextStep <= Now && !_isFinishing)
        {
            Wait();
            Ask(new Request.Read(OpCode.GetChildren, Queues[(int)_ports.Dice.Below((ulong)Queues.Length)]));
        }
        GoOn();
    }

    public void Finish() => _isFinishing = true;

    private void Wait() => _nextStep = Now + _ports.Dice.Between(TimeSpan.Zero, 2 * _plan.Think);

    private void GoOn()
    {
        if (_driver.IsOver)
            _driver.Begin(_settings);
    }

    private void Learn(Told told)
    {
        if (told.Kind != ClientEffectKind.Completed || !_asked.Remove(told.Ticket, out var request)
            || told.Fate != Fate.Answered || told.Error != ErrorCode.Ok)
            return;
        if (request is Request.Delete delete)
            _offices.Dispossession.Evicted(delete.Path, told.Zxid);
        else if (request is Request.Read read && FirstOf(told.Bytes) is { } first)
        {
            _offices.Evicts($"{read.Path}/{first}");
            Ask(new Request.Delete($"{read.Path}/{first}", -1));
        }
    }

    /// <summary>By the number at the end of its name.</summary>
    private static string? FirstOf(byte[] body)
    {
        var reader = new JuteReader(body);
        var names = new List<string>();
        foreach (var name in ChildrenReply.Read(ref reader, OpCode.GetChildren).Children)
            names.Add(Encoding.UTF8.GetString(name));
        return names.MinBy(static name => name[^Math.Min(10, name.Length)..], StringComparer.Ordinal);
    }

    private void Ask(Request request)
    {
        _record.Clear();
        RequestWriter.Write(new(_record), request);
        _asked.Add(++_lastTicket, request);
        _driver.Ask(_lastTicket, request.Op, _record.Written);
    }
}
