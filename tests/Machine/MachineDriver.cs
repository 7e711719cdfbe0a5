using System.Text;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Machines;

/// <summary>A machine to which commands are applied one after the other, as the log would.</summary>
internal sealed class MachineDriver
{
    private readonly Arena _reply = new();
    private readonly Arena _record = new();
    private readonly Incarnation _incarnation = new(Birth: 77, Starts: 1);
    private ulong _own;
    private LogIndex _index;
    private WallTime _time = new(1_000_000);

    public MachineDriver(Limits? limits = null)
    {
        Apply(new() { Kind = CommandKind.Open });
        var level = new byte[Level.Length];
        Level.Of(limits ?? new()).Write(level);
        Apply(new() { Kind = CommandKind.Level, Body = level });
    }

    public Machine Machine { get; } = new(hashKey: 5);

    public Changes Changes { get; } = new();

    /// <summary>The reply's record of the last apply.</summary>
    public ReadOnlySpan<byte> Reply => _reply.Written;

    public Outcome Apply(in Command command, Term? term = null)
    {
        _index = _index.Next;
        _time = new(_time.Milliseconds + 1);
        _reply.Clear();
        return Machine.Apply(new(_index, term ?? new(1), _time), command, Changes, new(_reply));
    }

    public Outcome Own(CommandKind kind, SessionId session, UInt128 password, ulong? number = null, Incarnation? incarnation = null)
    {
        var body = new byte[SessionCommand.Length];
        new SessionCommand(password, 8000).Write(body);
        return Apply(new()
        {
            Kind = kind,
            Origin = new(1),
            Session = session,
            Incarnation = incarnation ?? _incarnation,
            Sequence = number ?? ++_own,
            Body = body,
        });
    }

    public SessionId OpenSession(UInt128 password = default) => Own(CommandKind.CreateSession, SessionId.None, password).Session;

    public Outcome Create(SessionId session, ulong number, string path, int flags = 0, uint attachment = 1, string data = "") =>
        Write(session, number, attachment, OpCode.Create, CreateRecord(path, flags, data));

    public Outcome Write(SessionId session, ulong number, uint attachment, OpCode op, ReadOnlySpan<byte> record) => Apply(new()
    {
        Kind = CommandKind.Write,
        Op = op,
        Session = session,
        Attachment = attachment,
        Sequence = number,
        Rules = Rules.ExtendedTypes,
        Body = record,
    });

    public byte[] CreateRecord(string path, int flags, string data)
    {
        _record.Clear();
        var writer = new JuteWriter(_record);
        writer.Buffer(Encoding.UTF8.GetBytes(path));
        writer.Buffer(Encoding.UTF8.GetBytes(data));
        writer.Int(1);
        new AclEntry { Permissions = Permissions.All, Scheme = "world"u8, Id = "anyone"u8, HasNull = false }.Write(writer);
        writer.Int(flags);
        return _record.Written.ToArray();
    }
}
