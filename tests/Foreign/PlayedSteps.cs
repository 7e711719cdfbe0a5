using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Quorate.Tests.Transcripts;

namespace Quorate.Tests.Foreign;

/// <summary>Plays steps at a server and writes down all that came back, with what differs from run to run replaced by symbols.</summary>
internal sealed class PlayedSteps
{
    private const int Ping = 11;
    private const int PingXid = -2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ITranscriptTarget _target;
    private readonly RunSymbols _symbols;
    private readonly Client[] _clients;
    private readonly List<string> _log = [];

    private sealed class Client(ITranscriptConnection connection)
    {
        public ITranscriptConnection Connection { get; set; } = connection;

        public long Session { get; set; }

        public byte[] Password { get; set; } = new byte[16];

        public int Xid { get; set; }

        /// <summary>Notifications since the last barrier.</summary>
        public List<string> Events { get; } = [];
    }

    private PlayedSteps(ITranscriptTarget target)
    {
        _target = target;
        _symbols = new(ControlSession.Prepare(target));
        _clients = [.. Enumerable.Range(0, Steps.Clients).Select(_ => new Client(target.Open()))];
    }

    public static IReadOnlyList<string> Log(ITranscriptTarget target, Step[] steps)
    {
        var played = new PlayedSteps(target);
        try
        {
            foreach (var client in played._clients)
                played.Connect(client);
            foreach (var step in steps)
                played.Play(step);
            return played._log;
        }
        finally
        {
            foreach (var client in played._clients)
                client.Connection.Dispose();
            ControlSession.Finish(target, played._symbols);
        }
    }

    private void Play(Step step)
    {
        var client = _clients[step.Client];
        _log.Add(step.ToString());
        if (step.Request.Code == Step.Reattach)
        {
            Reconnect(client);
        }
        else
        {
            var xid = step.Request.Code switch { 100 => -4, 101 => -8, _ => ++client.Xid };
            client.Connection.Send(new JuteBytes().Int(xid).Int(step.Request.Code).Raw(step.Request.Body.ToArray()).ToFrame());
            _log.Add(PlainJson.Text(Reply(client, step.Request.Kind)));
            if (step.Request.Code == Step.CloseSession)
            {
                (client.Session, client.Password) = (0, new byte[16]);
                Reconnect(client);
            }
        }
        Barrier(inOrder: step.Request.Code != Step.CloseSession);
    }

    private void Reconnect(Client client)
    {
        client.Connection.Dispose();
        client.Connection = _target.Open();
        Connect(client);
    }

    private void Connect(Client client)
    {
        var request = new JuteBytes().Int(0).Long(0).Int(60_000).Long(client.Session).Buffer(client.Password).Bool(false);
        client.Connection.Send(request.ToFrame());
        var frame = Frame(client);
        client.Session = BinaryPrimitives.ReadInt64BigEndian(frame.AsSpan(12));
        client.Password = frame[24..40];
        _log.Add(PlainJson.Text(FrameMeaning.Of(frame, "connect", _symbols, _target.Clock)));
    }

    /// <summary>A ping behind the step: what the step made known to a client is on its connection before the pong.</summary>
    private void Barrier(bool inOrder)
    {
        foreach (var client in _clients)
        {
            client.Connection.Send(new JuteBytes().Int(PingXid).Int(Ping).ToFrame());
            Reply(client, "ping");
            if (!inOrder)
                client.Events.Sort(StringComparer.Ordinal);
            _log.AddRange(client.Events);
            client.Events.Clear();
        }
    }

    private JsonObject Reply(Client client, string kind)
    {
        while (true)
        {
            var meaning = FrameMeaning.Of(Frame(client), kind, _symbols, _target.Clock);
            if ((int)meaning["xid"]! != -1)
                return meaning;
            // The zxid of a notification depends on the version of the server.
            meaning.Remove("zxid");
            client.Events.Add($"  c{Array.IndexOf(_clients, client)} is told {PlainJson.Text(meaning)}");
        }
    }

    private byte[] Frame(Client client)
    {
        var arrival = client.Connection.ReceiveFrame(Patience, out var frame);
        return arrival == Arrival.Frame
            ? frame
            : throw new InvalidDataException($"{arrival} instead of a frame after:\n{string.Join('\n', _log)}");
    }
}
