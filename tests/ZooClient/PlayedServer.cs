using Quorate.Client;
using Quorate.Kernel.Wire;
using Quorate.Tests.Clients;
using Quorate.Tests.Transcripts;

namespace Quorate.Tests.ZooClients;

/// <summary>A server that a test plays: it opens sessions, and answers as it is told, or throws where nothing may throw.</summary>
internal sealed class PlayedServer : ClientTransport
{
    private const int Ok = 0;

    private int _connections;

    public override TimeProvider Time => TimeProvider.System;

    /// <summary>The whole frame behind which a request is answered, without its length; null for no answer.</summary>
    public Func<int, OpCode, byte[]?> Answer { get; set; } = static (xid, _) => Reply(xid).ToArray();

    /// <summary>Asked before each call of the client, by its name: whether it is to throw.</summary>
    public Func<string, bool> Throws { get; set; } = static _ => false;

    /// <summary>How many connections there were.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public static JuteBytes Reply(int xid, int error = Ok) => new JuteBytes().Int(xid).Long(1).Int(error);

    public override IClientLink Connect(ServerAddress server, ILinkOwner owner)
    {
        Interlocked.Increment(ref _connections);
        ThrowIfAsked(nameof(Connect));
        var link = new Link(this, owner);
        ThreadPool.QueueUserWorkItem(_ => owner.Opened());
        return link;
    }

    private void ThrowIfAsked(string call)
    {
        if (Throws(call))
            throw new InvalidDataException($"{call} throws");
    }

    private sealed class Link(PlayedServer server, ILinkOwner owner) : IClientLink
    {
        private readonly Lock _gate = new();
        private bool _isGreeted;

        public void Send(ReadOnlySpan<byte> bytes)
        {
            server.ThrowIfAsked(nameof(Send));
            foreach (var frame in Spoken.Frames(bytes.ToArray()))
                if (AnswerTo(frame) is { } answer)
                    ThreadPool.QueueUserWorkItem(_ =>
                    {
                        lock (_gate)
                            owner.Received(new JuteBytes().Buffer(answer).ToArray());
                    });
        }

        public void Close() => server.ThrowIfAsked(nameof(Close));

        private byte[]? AnswerTo(byte[] frame)
        {
            if (!_isGreeted)
            {
                _isGreeted = true;
                return new JuteBytes().Int(0).Int(10_000).Long(Puppet.SessionNumber).Buffer(new byte[16]).Bool(false).ToArray();
            }
            Assert.True(RequestHeader.TryRead(frame, out var header, out _));
            return server.Answer(header.Xid, header.Op);
        }
    }
}
