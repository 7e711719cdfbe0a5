using System.Text;
using Quorate.Kernel;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Tests.Front;

namespace Quorate.Tests.Scripts;

/// <summary>A client of a script: it sends what it is told to at once, and says what comes.</summary>
internal sealed class ServerClient
{
    private readonly ServerMember _member;
    private readonly Action<string> _told;
    private readonly Dictionary<int, string> _asked = [];
    private byte[] _password = new byte[16];
    private int _xid;

    /// <param name="name">What the script calls it.</param>
    /// <param name="member">Whom it connects to.</param>
    /// <param name="told">Is told what comes.</param>
    /// <param name="before">The same client on its last connection, whose session it wants back; null for a new one.</param>
    public ServerClient(string name, ServerMember member, Action<string> told, ServerClient? before = null)
    {
        (Name, _member, _told) = (name, member, told);
        Id = member.Open(this);
        member.Step(InputKind.ClientOpened, Id.Value, Ask.Bytes(w => ClientOrigin.Write(w, "10.0.0.1:4711"u8, "10.0.0.1"u8)));
        Send(Ask.Connect(before?.Session.Value ?? 0, before?._password, timeout: 30_000));
    }

    public string Name { get; }
    public ConnectionId Id { get; }

    /// <summary>Its session; none before the handshake is answered.</summary>
    public SessionId Session { get; private set; }

    public void Create(string path, string data) => Send("create", path, xid => Ask.Create(xid, path, data));

    public void Set(string path, string data) => Send("set", path, xid => Ask.SetData(xid, path, data));

    public void Get(string path) => Send("get", path, xid => Ask.Read(xid, OpCode.GetData, path));

    public void Sync() => Send("sync", "/", xid => Ask.Path(xid, OpCode.Sync, "/"));

    public void Receive(ReadOnlySpan<byte> frames)
    {
        var reader = new JuteReader(frames);
        while (!reader.Rest.IsEmpty)
            Hear(reader.Buffer(out _));
        Assert.False(reader.Failed, "the reply is no whole frame");
    }

    public void HungUp() => _told($"{Name} is hung up");

    private void Send(string verb, string path, Func<int, byte[]> frame)
    {
        _asked[++_xid] = $"{verb} {path}";
        Send(frame(_xid));
    }

    private void Send(byte[] frame) => _member.Step(InputKind.ClientFrame, Id.Value, frame);

    private void Hear(ReadOnlySpan<byte> frame)
    {
        var reader = new JuteReader(frame);
        if (Session == SessionId.None)
        {
            reader.Int();
            reader.Int();
            (Session, _password) = (new(reader.Long()), reader.Buffer(out _).ToArray());
            return;
        }
        var (xid, zxid, error) = (reader.Int(), new Zxid(reader.Long()), (ErrorCode)reader.Int());
        var asked = _asked[xid];
        var found = asked.StartsWith("get", StringComparison.Ordinal) && error == ErrorCode.Ok ? $" {Encoding.UTF8.GetString(reader.Buffer(out _))}" : "";
        _told($"{Name} <- {asked} {error} zxid={zxid.Epoch}/{zxid.Counter}{found}");
    }
}
