using System.Globalization;
using System.Text;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Recipes;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Judges;
using Fate = Quorate.Kernel.Clients.Fate;
using Request = Quorate.Simulation.Histories.Request;
using ZnodeKind = Quorate.Kernel.Wire.ZnodeKind;

namespace Quorate.Simulation.Actors;

/// <summary>
/// A program that wants to be found: it registers one instance of a service, with the shipped recipe, in one session after the other.
/// </summary>
internal sealed class Registrant : IActor
{
    /// <summary>The name of its workload.</summary>
    public const string Name = "registrant";

    /// <summary>Where instances are registered.</summary>
    public const string Service = "/services/report";

    private readonly IActorPorts _ports;
    private readonly RegistryTruth _truth;
    private readonly ClientSettings _settings;
    private readonly ClientDriver _driver;
    private readonly ClientPlan _plan;
    private readonly Arena _record = new();
    private readonly string _path;
    private readonly byte[] _data;
    private Registration? _registration;
    private ulong _lastTicket, _awaited;
    private Instant _nextBreak;
    private bool _isFinishing;

    public Registrant(ClientPlan plan, IActorPorts ports, RegistryTruth truth, ClientSettings settings)
    {
        (_plan, _ports, _truth, _settings) = (plan, ports, truth, settings);
        _driver = new(ports, Learn);
        _path = string.Create(CultureInfo.InvariantCulture, $"{Service}/{plan.Number}");
        _data = Encoding.UTF8.GetBytes(_path);
    }

    public Instant NextDeadline => Instant.Earlier(_driver.NextDeadline, _isFinishing ? Instant.Never : _nextBreak);

    public bool TicksLast => true;

    public bool IsFinished => _isFinishing && _registration is { State: RegistrationState.Registered, Request: RegistrationRequest.None };

    private Instant Now => _ports.Now.Instant;

    public void Start()
    {
        _driver.Begin(_settings);
        _nextBreak = Now + _ports.Dice.Between(TimeSpan.Zero, 100 * _plan.Think);
        _truth.Lives(_path, () => _driver.Client is { State: SessionState.Connected } client ? client.Session : null);
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
        if (!_isFinishing && _nextBreak <= Now)
        {
            _nextBreak = Now + _ports.Dice.Between(TimeSpan.Zero, 100 * _plan.Think);
            _driver.Disconnect();
        }
        GoOn();
    }

    public void Finish() => _isFinishing = true;

    private void GoOn()
    {
        if (!_driver.IsOver)
            return;
#if MUTANTS
        if (Mutant.Is(Mutants.AskedInAnotherLife) && _registration is { Request: not RegistrationRequest.None })
            _awaited = 0;
        else
#endif
        (_registration, _awaited) = (null, 0);
        _driver.Begin(_settings);
    }

    private void Learn(Told told)
    {
        switch (told.Kind)
        {
            case ClientEffectKind.State when told.State == SessionState.Connected && _registration is null:
                _registration = new(_driver.Client!.Session, _data);
                AskNext();
                break;
#if MUTANTS
            case ClientEffectKind.State when told.State == SessionState.Connected && Mutant.Is(Mutants.AskedInAnotherLife):
                AskNext();
                break;
#endif
            case ClientEffectKind.Event when _registration is not null && Encoding.UTF8.GetString(told.Bytes) == _path:
                _registration.Changed();
                AskNext();
                break;
            case ClientEffectKind.Completed when _registration is not null && told.Ticket == _awaited:
                Answer(_registration, told);
                break;
        }
    }

    private void Answer(Registration registration, Told told)
    {
        var (asked, was) = (registration.Request, registration.State);
        _awaited = 0;
        var isRead = told.Fate == Fate.Answered && told.Error == ErrorCode.Ok && asked is RegistrationRequest.Look or RegistrationRequest.Read;
        var reader = new JuteReader(isRead ? told.Bytes : []);
        var data = asked == RegistrationRequest.Read && isRead ? reader.NonNull() : default;
        registration.Answered(told.Fate, told.Error, isRead ? Stat.Read(ref reader) : default, data);
        if (registration.State == RegistrationState.Registered && was != RegistrationState.Registered)
            _truth.Believes(_path, _driver.Client!.Session, told.Zxid);
        AskNext();
    }

    private void AskNext()
    {
        if (_awaited != 0 || _registration is null || _driver.IsOver)
            return;
        switch (_registration.Request)
        {
            case RegistrationRequest.Look:
                Ask(new Request.Read(OpCode.Exists, _path, true));
                break;
            case RegistrationRequest.Read:
                Ask(new Request.Read(OpCode.GetData, _path));
                break;
            case RegistrationRequest.Create:
                Ask(Instance);
                break;
            case RegistrationRequest.CreateParents:
                Send(new Request.Create(OpCode.CreateContainer, "/services", null, Acl.Open, (int)ZnodeKind.Container));
                Ask(new Request.Create(OpCode.CreateContainer, Service, null, Acl.Open, (int)ZnodeKind.Container));
                break;
            case RegistrationRequest.Replace:
                Ask(new Request.Multi([new Request.Delete(_path, _registration.Version), Instance]));
                break;
            case RegistrationRequest.Delete:
                Ask(new Request.Delete(_path, _registration.Version));
                break;
        }
    }

    private Request.Create Instance => new(OpCode.Create, _path, _data, Acl.Open, (int)ZnodeKind.Ephemeral);

    private void Ask(Request request) => _awaited = Send(request);

    private ulong Send(Request request)
    {
        _record.Clear();
        RequestWriter.Write(new(_record), request);
        var ticket = ++_lastTicket;
        _awaited = ticket;
        _driver.Ask(ticket, request.Op, _record.Written);
        return ticket;
    }
}
