using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Actors;

/// <summary>What the operator is to do and has not finished. It outlives his computer, and the storm as far as something is half done.</summary>
/// <remarks>
/// A server whose disk was emptied is removed and added again whatever happens in between. None is emptied unless all voters are up and agree
/// on who they are, and enough of them keep what was acknowledged.
/// </remarks>
internal sealed class Desk(World world)
{
    private const int VotersLeast = 3;

    private readonly Queue<(MemberChange Change, ServerId Id)> _asked = new();
    private readonly Queue<(MemberChange Change, ServerId Id)> _owed = new();

    /// <summary>Whether nothing is left to do.</summary>
    public bool IsEmpty => _asked.Count == 0 && _owed.Count == 0;

    /// <summary>Whether what <see cref="TryNext"/> named must be done, however often it fails.</summary>
    public bool IsOwed => _owed.Count > 0;

    /// <summary>Somebody wants a server's part changed.</summary>
    public void Ask(MemberChange change, ServerId id) => _asked.Enqueue((change, id));

    /// <summary>The storm is over: what was not begun is not.</summary>
    public void Close() => _asked.Clear();

    /// <summary>The next change to ask the ensemble for: anything but a replacement, which is two.</summary>
    public bool TryNext(out MemberChange change, out ServerId id)
    {
        while (_owed.Count == 0 && _asked.TryPeek(out var asked) && asked.Change == MemberChange.Replace)
        {
            _asked.Dequeue();
            if (MayEmpty(asked.Id))
                Empty(asked.Id);
        }
        var isThere = _owed.TryPeek(out var next) || _asked.TryPeek(out next);
        (change, id) = next;
        return isThere;
    }

    /// <summary>It was done, or is given up.</summary>
    public void Finished()
    {
        if (!_owed.TryDequeue(out _))
            _asked.TryDequeue(out _);
    }

    /// <summary>It was done.</summary>
    public void Done()
    {
        world.Counts.Fired(FaultClass.MemberChange);
        Finished();
    }

    private void Empty(ServerId id)
    {
        var member = world.Members[world.NodeOf(id)];
        member.Wipe();
        member.LetUp();
        _owed.Enqueue((MemberChange.Remove, id));
        _owed.Enqueue((MemberChange.Add, id));
    }

    private bool MayEmpty(ServerId id)
    {
        if (world.Leader?.Server?.Membership is not { IsJoint: false } membership || membership.Voters.Count < VotersLeast)
            return false;
        foreach (var voter in membership.Voters)
            if (world.Members[world.NodeOf(voter.Id)] is not { IsUp: true, Server.Membership: var own } || !own.Equals(membership))
                return false;
        return membership.Find(id) is not null;
    }
}
