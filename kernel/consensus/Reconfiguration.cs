using System.Text;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Consensus;

/// <summary>What a reconfig asks the ensemble to become: read and checked against what it is, with no regard to who can be reached.</summary>
/// <remarks>
/// A member that stays keeps its birth, also with another role or another address. One that joins has none yet (0): who it is shows when it is
/// linked. Semantics reference §18; the order of the checks is §9's.
/// </remarks>
internal sealed class Reconfiguration
{
    private readonly SortedDictionary<byte, ServerSpec> _servers = [];

    /// <summary>Who would belong to the ensemble; births of joiners are 0. Of a request that is refused it is void.</summary>
    public IEnumerable<ServerSpec> Servers => _servers.Values;

    /// <summary>Judges a request.</summary>
    /// <param name="now">The membership in force.</param>
    /// <param name="request">Its record; decoded before.</param>
    /// <param name="votersLeast">How few voters an ensemble may have.</param>
    public ErrorCode Read(Membership now, in ReconfigRequest request, int votersLeast)
    {
        if (request.Members.IsEmpty)
        {
            foreach (var member in now.Members)
                _servers[member.Id.Value] = new(member, now.IsObserver(member.Id));
            if (Leave(Encoding.UTF8.GetString(request.Leaving)) is var bad and not ErrorCode.Ok)
                return bad;
        }
        var joining = Encoding.UTF8.GetString(request.Members.IsEmpty ? request.Joining : request.Members);
        if (Join(joining, now) is var wrong and not ErrorCode.Ok)
            return wrong;
        return HaveDistinctAddresses() && Voters >= votersLeast && IsWithinBounds(now) ? ErrorCode.Ok : ErrorCode.BadArguments;
    }

    /// <summary>The membership, once everybody's birth is known.</summary>
    /// <param name="birthOf">Under which birth a server is taken in.</param>
    public Membership With(Func<ServerSpec, ulong> birthOf)
    {
        var (voters, observers) = (new List<Member>(), new List<Member>());
        foreach (var (_, server) in _servers)
            (server.IsObserver ? observers : voters).Add(server.Member with { Birth = birthOf(server) });
        return new(voters.ToArray(), observers.ToArray());
    }

    private int Voters
    {
        get
        {
            var voters = 0;
            foreach (var (_, server) in _servers)
                voters += server.IsObserver ? 0 : 1;
            return voters;
        }
    }

    /// <summary>Who is not a member need not leave: that is no mistake.</summary>
    private ErrorCode Leave(string ids)
    {
        foreach (var text in ids.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (ServerSpec.ParseId(text, out var id) is var wrong and not ErrorCode.Ok)
                return wrong;
            _servers.Remove(id.Value);
        }
        return ErrorCode.Ok;
    }

    private ErrorCode Join(string lines, Membership now)
    {
        foreach (var text in lines.Split([',', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (text.StartsWith("version=", StringComparison.Ordinal))
                continue;   // of a configuration that was read and is given back
            if (ServerSpec.Parse(text, out var server) is var wrong and not ErrorCode.Ok)
                return wrong;
            // Who leaves and joins in one request is who it was; with another disk it has to leave first.
            var birth = now.Find(server.Member.Id)?.Birth ?? 0;
            _servers[server.Member.Id.Value] = server with { Member = server.Member with { Birth = birth } };
        }
        return ErrorCode.Ok;
    }

    /// <summary>No two members are found at the same place, neither by members nor by clients.</summary>
    private bool HaveDistinctAddresses()
    {
        var places = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var distinct = true;
        foreach (var (_, server) in _servers)
        {
            var (host, peerPort, electionPort) = Parts(server.Member.PeerAddress);
            distinct &= places.Add($"{host}:{peerPort}") && (electionPort == peerPort || places.Add($"{host}:{electionPort}"));
            var client = server.Member.ClientAddress;
            // Without an address of its own it is that of the member.
            if (client.StartsWith("0.0.0.0:", StringComparison.Ordinal))
                client = $"{host}:{client[8..]}";
            distinct &= client.Length == 0 || places.Add(client);
        }
        return distinct;
    }

    private static (string Host, string PeerPort, string ElectionPort) Parts(string address)
    {
        var election = address.LastIndexOf(':');
        var peer = election <= 0 ? -1 : address.LastIndexOf(':', election - 1);
        return peer < 0 ? (address, "", "") : (address[..peer], address[(peer + 1)..election], address[(election + 1)..]);
    }

    /// <summary>It, and what leads to it, must fit a superblock.</summary>
    private bool IsWithinBounds(Membership now)
    {
        var length = 0;
        foreach (var (_, server) in _servers)
            length += Membership.LengthOf(server.Member);
        foreach (var member in now.Voters)
            length += _servers.ContainsKey(member.Id.Value) ? 0 : Membership.LengthOf(member);
        return Voters <= Quorum.VotersMax && length + Membership.HeaderLength <= Membership.BytesMax;
    }
}
