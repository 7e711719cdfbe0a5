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
internal sealed class Registrant : ClientActor
{
    /// <summary>The name of its workload.</summary>
    public const string Name = "registrant";

    /// <summary>Where instances are registered.</summary>
    public const string Service = "/services/report";

    private readonly RegistryTruth _truth;
    private readonly ClientSettings _settings;
    private readonly ClientPlan _plan;
    private readonly string _path;
    private readonly byte[] _data;
    private Registration? _registration;
    private Request? _awaited;
    private Instant _nextBreak;

    public Registrant(ClientPlan plan, IActorPorts ports, RegistryTruth truth, ClientSettings settings)
        : base(ports)
    {
        (_plan, _truth, _settings) = (plan, truth, settings);
        _path = string.Create(CultureInfo.InvariantCulture, $"{Service}/{plan.Number}");
        _data = Encoding.UTF8.GetBytes(_path);
    }

    public override Instant NextDeadline => Instant.Earlier(Driver.NextDeadline, IsFinishing ? Instant.Never : _nextBreak);

    public override bool TicksLast => true;

    public override bool IsFinished =>
        IsFinishing && _registration is { State: RegistrationState.Registered, Request: RegistrationRequest.None };

    public override void Start()
    {
        Driver.Begin(_settings);
        _nextBreak = Now + Ports.Dice.Between(TimeSpan.Zero, 100 * _plan.Think);
        _truth.Lives(_path, () => Driver.Client is { State: SessionState.Connected } client ? client.Session : null);
    }

    public override void Tick()
    {
        Driver.Tick();
        if (!IsFinishing && _nextBreak <= Now)
        {
            _nextBreak = Now + Ports.Dice.Between(TimeSpan.Zero, 100 * _plan.Think);
            Driver.Disconnect();
        }
        GoOn();
    }

    protected override void GoOn()
    {
        if (!Driver.IsOver)
            return;
#if MUTANTS
        if (Mutant.Is(Mutants.AskedInAnotherLife) && _registration is { Request: not RegistrationRequest.None })
            _awaited = null;
        else
#endif
        (_registration, _awaited) = (null, null);
        Driver.Begin(_settings);
    }

    protected override void Noticed(Told told)
    {
        switch (told.Kind)
        {
            case ClientEffectKind.State when told.State == SessionState.Connected && _registration is null:
                _registration = new(Driver.Client!.Session, _data);
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
        }
    }

    protected override void Answered(Request request, Told told)
    {
        if (_registration is not { } registration || !ReferenceEquals(request, _awaited))
            return;
        var (asked, was) = (registration.Request, registration.State);
        _awaited = null;
        var isRead = told.Fate == Fate.Answered && told.Error == ErrorCode.Ok
            && asked is RegistrationRequest.Look or RegistrationRequest.Read;
        var reader = new JuteReader(isRead ? told.Bytes : []);
        var data = asked == RegistrationRequest.Read && isRead ? reader.NonNull() : default;
        registration.Answered(told.Fate, told.Error, isRead ? Stat.Read(ref reader) : default, data);
        if (registration.State == RegistrationState.Registered && was != RegistrationState.Registered)
            _truth.Believes(_path, Driver.Client!.Session, told.Zxid);
        AskNext();
    }

    private void AskNext()
    {
        if (_awaited is not null || _registration is null || Driver.IsOver)
            return;
        switch (_registration.Request)
        {
            case RegistrationRequest.Look:
                Await(new Request.Read(OpCode.Exists, _path, true));
                break;
            case RegistrationRequest.Read:
                Await(new Request.Read(OpCode.GetData, _path));
                break;
            case RegistrationRequest.Create:
                Await(Instance);
                break;
            case RegistrationRequest.CreateParents:
                Ask(new Request.Create(OpCode.CreateContainer, "/services", null, Acl.Open, (int)ZnodeKind.Container));
                Await(new Request.Create(OpCode.CreateContainer, Service, null, Acl.Open, (int)ZnodeKind.Container));
                break;
            case RegistrationRequest.Replace:
                Await(new Request.Multi([new Request.Delete(_path, _registration.Version), Instance]));
                break;
            case RegistrationRequest.Delete:
                Await(new Request.Delete(_path, _registration.Version));
                break;
        }
    }

    private Request.Create Instance => new(OpCode.Create, _path, _data, Acl.Open, (int)ZnodeKind.Ephemeral);

    private void Await(Request request)
    {
        _awaited = request;
        Ask(request);
    }
}
