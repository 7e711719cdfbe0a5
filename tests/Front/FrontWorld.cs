using System.Text;
using Quorate.Kernel;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Front;

/// <summary>A front over a real machine, with a log that applies when told to: every interleaving can be written down.</summary>
internal sealed class FrontWorld : IReplication
{
    private readonly Queue<byte[]> _log = [];
    private readonly Effects _effects = new();
    private readonly Changes _changes = new();
    private readonly Arena _reply = new();
    private readonly ReplyWriter _answers = new();
    private readonly Dictionary<ulong, TestClient> _clients = [];
    private readonly Rules _rules;
    private ulong _index, _round;
    private ulong _nextConnection;

    public FrontWorld(Settings? settings = null, Limits? limits = null)
    {
        Settings = settings ?? new();
        Limits = limits ?? new();
        _rules = Rules.ExtendedTypes | (Settings.ReconfigEnabled ? Rules.Reconfig : 0) | (Settings.SkipAcl ? Rules.SkipAcl : 0);
        Front = new(Settings, Limits, Machine, this, new(7), NoTrace.Instance, Incarnation);
        Log(new() { Kind = CommandKind.Open, Origin = Settings.Id });
        Span<byte> level = stackalloc byte[Level.Length];
        Level.Of(Limits).Write(level);
        Log(new() { Kind = CommandKind.Level, Origin = Settings.Id, Body = level });
        Front.Expiry.Begin(Machine.Sessions, Now);
        Apply();
    }

    public Settings Settings { get; }
    public Limits Limits { get; }
    public Incarnation Incarnation { get; } = new(5, 1);
    public Machine Machine { get; } = new(hashKey: 3);
    public Kernel.Fronts.Front Front { get; }
    public Moment Now { get; private set; } = new(new(0), new(1_700_000_000_000));
    public bool MayPropose { get; set; } = true;
    public bool Leads { get; set; } = true;

    /// <summary>Whether the log has room for the end of a silence.</summary>
    public bool HasRoom { get; set; } = true;

    /// <summary>Entries proposed and not applied.</summary>
    public int Pending => _log.Count;

    /// <summary>Kinds of everything ever proposed.</summary>
    public List<CommandKind> Proposed { get; } = [];

    /// <summary>What the leader decides about a reconfig.</summary>
    public byte[] Ruling { get; set; } = [];

    public void Propose(in Command command)
    {
        Proposed.Add(command.Kind);
        Log(command);
        if (command.Op != OpCode.Reconfig)
            return;
        var bytes = _log.Last();
        var ruled = new byte[bytes.Length + Ruling.Length];
        CommandCodec.Rule(ruled, bytes, Ruling);
        var others = _log.SkipLast(1).ToArray();
        _log.Clear();
        foreach (var entry in others)
            _log.Enqueue(entry);
        _log.Enqueue(ruled);
    }

    public ulong Confirm() => ++_round;

    public bool TryEndSilence(SessionId session)
    {
        if (HasRoom)
            Propose(new() { Kind = CommandKind.Touched, Session = session });
        return HasRoom;
    }

    public TestClient Open(string address = "10.0.0.1")
    {
        var client = new TestClient(this, new(++_nextConnection));
        _clients.Add(client.Id.Value, client);
        var origin = Ask.Bytes(w => ClientOrigin.Write(w, Encoding.UTF8.GetBytes(address + ":4711"), Encoding.UTF8.GetBytes(address)));
        Front.Opened(client.Id, origin, Now, _effects);
        Perform();
        return client;
    }

    /// <summary>A client whose session is up.</summary>
    public TestClient Client(int timeout = 8000)
    {
        var client = Open();
        client.Send(Ask.Connect(timeout: timeout));
        Settle();
        client.TakeGrant();
        return client;
    }

    public void Send(TestClient client, byte[] frame)
    {
        Front.Frame(client.Id, frame, Now, _effects);
        Perform();
    }

    public void Close(TestClient client) => Front.Closed(client.Id);

    /// <summary>An entry of another member, or of the leader itself.</summary>
    public void Log(in Command command)
    {
        var bytes = new byte[CommandCodec.Length(command)];
        CommandCodec.Write(bytes, command, _rules);
        _log.Enqueue(bytes);
    }

    /// <summary>Applies the next entry if it may be; false when it may not, or there is none.</summary>
    public bool ApplyOne()
    {
        if (_log.Count == 0)
            return false;
        var command = CommandCodec.Read(_log.Peek());
        if (!Front.MayApply(command))
            return false;
        _reply.Clear();
        var outcome = Machine.Apply(new(new(++_index), new(1), Now.Wall), command, _changes, new(_reply));
        Front.Applied(command, outcome, _changes, _reply[outcome.Body], Now, _effects);
        _log.Dequeue();
        Perform();
        return true;
    }

    public void Apply()
    {
        while (ApplyOne()) { }
    }

    /// <summary>Answers the reads that are ready, as a batch of their own.</summary>
    public void AnswerReads(Func<int, IEnumerable<int>>? order = null)
    {
        Front.ShareAnew(Now, _effects);
        var count = Front.ReadyReads;
        foreach (var read in order?.Invoke(count) ?? Enumerable.Range(0, count))
            Front.Answer(read, _answers);
        Front.FinishReads(count, Now, _effects);
        _answers.Clear();
        Perform();
    }

    /// <summary>The host has seen that a client reads again.</summary>
    public void Drained(TestClient client)
    {
        Front.Drained(client.Id, Now, _effects);
        Perform();
    }

    public void ConfirmRounds()
    {
        Front.Confirmed(_round, _effects);
        Perform();
    }

    public void Pump()
    {
        Front.Pump(_effects);
        Perform();
    }

    public void HangUpAll()
    {
        Front.HangUpAll(_effects);
        Perform();
    }

    /// <summary>Until nothing moves any more.</summary>
    public void Settle()
    {
        do
        {
            Apply();
            ConfirmRounds();
            AnswerReads();
            Pump();
        }
        while (Front.ReadyReads > 0 || Front.AnyReadWaits || _log.Count > 0);
    }

    public void Wait(int milliseconds)
    {
        Now = new(Now.Instant + TimeSpan.FromMilliseconds(milliseconds), new(Now.Wall.Milliseconds + milliseconds));
        Front.Elapse(Now, _effects);
        Perform();
    }

    private void Perform()
    {
        for (var i = 0; i < _effects.Count; i++)
        {
            var effect = _effects[i];
            var client = _clients[effect.Subject];
            switch (effect.Kind)
            {
                case EffectKind.Reply: client.Receive(_effects.Bytes(effect)); break;
                case EffectKind.HangUp: client.IsHungUp = true; break;
                case EffectKind.Hold: Assert.False(client.IsHeld); client.IsHeld = true; break;
                case EffectKind.Release: Assert.True(client.IsHeld); client.IsHeld = false; break;
                default: Assert.Fail($"unexpected {effect.Kind}"); break;
            }
        }
        _effects.Clear();
    }
}

/// <summary>One reply or notification, taken apart.</summary>
internal sealed record Heard(int Xid, long Zxid, ErrorCode Error, byte[] Body)
{
    /// <summary>A notification as type and path.</summary>
    public string Event
    {
        get
        {
            var reader = new JuteReader(Body);
            var what = (WatchEvent)reader.Int();
            Assert.Equal(3, reader.Int());
            return $"{what} {Encoding.UTF8.GetString(reader.Buffer(out _))}";
        }
    }

    /// <summary>The first buffer of the body as text.</summary>
    public string Text
    {
        get
        {
            var reader = new JuteReader(Body);
            return Encoding.UTF8.GetString(reader.Buffer(out _));
        }
    }

    public override string ToString() => Xid == Notification.Xid ? Event : $"{Xid} {Error}";
}

internal sealed class TestClient(FrontWorld world, ConnectionId id)
{
    private readonly Queue<byte[]> _frames = [];

    public ConnectionId Id { get; } = id;
    public bool IsHungUp { get; set; }
    public bool IsHeld { get; set; }
    public long Session { get; private set; }
    public byte[] Password { get; private set; } = [];
    public int Timeout { get; private set; }

    public void Send(params byte[][] frames)
    {
        foreach (var frame in frames)
            world.Send(this, frame);
    }

    public void Receive(ReadOnlySpan<byte> bytes)
    {
        Assert.False(IsHungUp, "something was sent after the hang-up");
        var reader = new JuteReader(bytes);
        while (!reader.Rest.IsEmpty)
            _frames.Enqueue(reader.Buffer(out _).ToArray());
        Assert.False(reader.Failed);
    }

    public bool HasReceived => _frames.Count > 0;

    public byte[] TakeRaw() => _frames.Dequeue();

    public void TakeGrant()
    {
        var reader = new JuteReader(_frames.Dequeue());
        Assert.Equal(0, reader.Int());
        Timeout = reader.Int();
        Session = reader.Long();
        Password = reader.Buffer(out _).ToArray();
    }

    public Heard Take()
    {
        var frame = _frames.Dequeue();
        var reader = new JuteReader(frame);
        var (xid, zxid, error) = (reader.Int(), reader.Long(), (ErrorCode)reader.Int());
        Assert.False(reader.Failed);
        return new(xid, zxid, error, reader.Rest.ToArray());
    }

    /// <summary>Everything received, in short.</summary>
    public string[] TakeAll()
    {
        var all = new List<string>();
        while (HasReceived)
            all.Add(Take().ToString());
        return [.. all];
    }

    /// <summary>Sends, lets everything happen, and takes the reply.</summary>
    public Heard Call(byte[] frame)
    {
        Send(frame);
        world.Settle();
        return Take();
    }
}
