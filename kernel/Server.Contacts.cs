using Quorate.Kernel.Consensus;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel;

/// <summary>Whom this server needs links with, and where they are.</summary>
/// <remarks>
/// As long as the ensemble is the one that was founded, its configuration says where the others are: addresses may change from one start to the
/// next. After the first reconfig the log says it. Who is to join is called by those who have to call it; who does not belong looks for the
/// others where it was told to, and where it has heard that they are.
/// </remarks>
public sealed partial class Server
{
    private (Membership Of, byte[]? With) _contacts = (Membership.Empty, null);

    /// <summary>Whom this server needs links with. Another list whenever that changes; hosts look at it after each batch.</summary>
    public IReadOnlyList<EnsembleMember> Contacts { get; private set; }

    private void ReviewContacts()
    {
        if (!Belongs || (ReferenceEquals(_contacts.Of, _raft.Membership) && ReferenceEquals(_contacts.With, _reconfig)))
            return;
        _contacts = (_raft.Membership, _reconfig);
        var contacts = new List<EnsembleMember>();
        if (_machine.ConfigVersion.Counter == 0 || !_raft.Membership.Includes(_settings.Id, _raft.Identity.Birth))
            contacts.AddRange(_settings.Ensemble);
        AddMembers(contacts, _raft.Membership);
        if (_reconfig is { } bytes)
            AddJoiners(contacts, CommandCodec.Read(bytes).Body);
        Contacts = contacts;
    }

    /// <summary>An empty server has heard of an ensemble: by then it may have members that were not there when this one was configured.</summary>
    private void LookFor(Membership membership)
    {
        var contacts = new List<EnsembleMember>(Contacts);
        AddMembers(contacts, membership);
        if (contacts.Count > Contacts.Count)
            Contacts = contacts;
    }

    private void AddJoiners(List<EnsembleMember> contacts, ReadOnlySpan<byte> record)
    {
        var reader = new JuteReader(record);
        var wanted = new Reconfiguration();
        if (wanted.Read(_raft.Membership, ReconfigRequest.Read(ref reader), votersLeast: 0) != ErrorCode.Ok)
            return;
        foreach (var (member, isObserver) in wanted.Servers)
            AddMember(contacts, member, isObserver);
    }

    private static void AddMembers(List<EnsembleMember> contacts, Membership membership)
    {
        foreach (var member in membership.Members)
            AddMember(contacts, member, membership.IsObserver(member.Id));
    }

    private static void AddMember(List<EnsembleMember> contacts, Member member, bool isObserver)
    {
        if (!contacts.Exists(known => known.Id == member.Id))
            contacts.Add(new(member.Id, member.PeerAddress, member.ClientAddress, isObserver));
    }
}
