using System.Globalization;
using Quorate.Client;

namespace Quorate.Hosts.Memory;

/// <summary>Takes a <see cref="ZooClient"/> to the members of an in-memory ensemble: host <c>member-2</c>, whatever the port, is member 2.</summary>
public sealed class MemoryTransport(MemoryEnsemble ensemble) : ClientTransport
{
    private const string Prefix = "member-";

    /// <inheritdoc/>
    public override TimeProvider Time => TimeProvider.System;

    /// <inheritdoc/>
    public override IClientLink Connect(ServerAddress server, ILinkOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        var link = new Link(Find(server), owner);
        _ = Task.Run(link.Live);
        return link;
    }

    private MemoryMember? Find(ServerAddress server) =>
        server.Host.StartsWith(Prefix, StringComparison.Ordinal) &&
        int.TryParse(server.Host.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? ensemble.Members.FirstOrDefault(member => member.Id.Value == id)
            : null;

    /// <summary>A connection to one member.</summary>
    private sealed class Link(MemoryMember? member, ILinkOwner owner) : IClientLink, IDisposable
    {
        private readonly CancellationTokenSource _closed = new();
        private MemoryConnection? _connection;

        public async Task Live()
        {
            if (member is null || member.IsDown)
            {
                owner.Closed(member is null ? "there is no such member" : $"member {member.Id} is down");
                return;
            }
            _connection = member.Connect();
            owner.Opened();
            try
            {
                while (await _connection.ReceiveAsync(_closed.Token).ConfigureAwait(false) is { Length: > 0 } frames)
                    owner.Received(frames);
            }
            catch (OperationCanceledException)
            {
                _connection.Close();
                return;
            }
            owner.Closed($"member {member.Id} closed the connection");
            Dispose();
        }

        public void Send(ReadOnlySpan<byte> bytes) => _connection?.Send(bytes);

        public void Close()
        {
            try
            {
                _closed.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The member has closed already.
            }
        }

        public void Dispose() => _closed.Dispose();
    }
}
