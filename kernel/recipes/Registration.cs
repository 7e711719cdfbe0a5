using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Recipes;

/// <summary>What a registration asks whoever drives it to do next.</summary>
public enum RegistrationRequest : byte
{
    /// <summary>Nothing, until the watch that the last look left behind tells of a change.</summary>
    None,
    /// <summary>exists with a watch, of the registration's znode.</summary>
    Look,
    /// <summary>getData of the znode.</summary>
    Read,
    /// <summary>Create the znode: ephemeral, with the registration's data.</summary>
    Create,
    /// <summary>Create the znodes above it, as containers, those that exist already included; the last one's answer counts.</summary>
    CreateParents,
    /// <summary>In one transaction delete the znode in the version <see cref="Registration.Version"/>, and create it.</summary>
    Replace,
    /// <summary>Delete the znode in the version <see cref="Registration.Version"/>.</summary>
    Delete,
}

/// <summary>How far a registration is.</summary>
public enum RegistrationState : byte
{
    /// <summary>It is being made, or made sure of.</summary>
    Seeking,
    /// <summary>The znode is there, and belongs to this session.</summary>
    Registered,
    /// <summary>The znode belongs to somebody else, and the registration waits until it is gone.</summary>
    Blocked,
    /// <summary>A server refused it, for a reason that asking again does not mend.</summary>
    Refused,
    /// <summary>It was given up, and nothing of it is left.</summary>
    Released,
}

/// <summary>
/// Keeps an ephemeral znode at one path as long as one session lives: makes it, repairs it when somebody else deletes it, and removes it in
/// the end. It looks, does one thing, and looks again, so an outcome that nobody knows is no special case.
/// </summary>
/// <remarks>
/// It lives as long as its session: what was decided under one session is never asked under the next (S-57).
/// <para>
/// A znode that is there already is ours only if this session owns it. One that an earlier session owns goes when that session ends; to
/// take it for our own would leave nothing when it does (S-56, S-46). If it says word for word what we say, it was made by ourselves in an
/// earlier life, and is replaced at once: deleted and created anew in one step. Else it may be a stranger's, and is waited for.
/// </para>
/// <para>
/// Replacing is for the beginning. A registration that has stood once and finds another with the same words in its place has a living
/// double, and waits: else the two would replace each other for ever.
/// </para>
/// </remarks>
public sealed class Registration
{
    private readonly SessionId _session;
    private readonly byte[] _data;
    private bool _hasStood, _hasChanged, _isLeaving;

    /// <summary>A registration under <paramref name="session"/> that says <paramref name="data"/>.</summary>
    public Registration(SessionId session, byte[] data)
    {
        Invariant.Holds(session != SessionId.None);
        (_session, _data) = (session, data);
        Request = RegistrationRequest.Look;
    }

    /// <summary>What is to be asked now. It is under way until <see cref="Answered"/>.</summary>
    public RegistrationRequest Request { get; private set; }

    /// <summary>How far it is.</summary>
    public RegistrationState State { get; private set; }

    /// <summary>The version of the znode that is to be deleted or replaced.</summary>
    public int Version { get; private set; }

    /// <summary>Why it was refused.</summary>
    public ErrorCode Refusal { get; private set; }

    /// <summary>The watch told of a change. It may come while a request is under way.</summary>
    public void Changed()
    {
#if MUTANTS
        if (_hasStood && Mutant.Is(Mutants.NeverRegisteredAgain))
            return;
#endif
        _hasChanged = true;
        GoOn();
    }

    /// <summary>It is not wanted any more. What remains to be asked ends with <see cref="RegistrationState.Released"/>.</summary>
    public void Release()
    {
        _isLeaving = true;
        _hasChanged = true;
        if (State == RegistrationState.Refused)
            State = RegistrationState.Seeking;
        GoOn();
    }

    /// <summary>The request that was under way is done.</summary>
    /// <param name="fate">What is known about it.</param>
    /// <param name="error">How it ended.</param>
    /// <param name="stat">The znode's Stat, if it was asked for and exists.</param>
    /// <param name="data">The znode's data, if they were read.</param>
    public void Answered(Fate fate, ErrorCode error, in Stat stat, ReadOnlySpan<byte> data)
    {
        var asked = Request;
        Invariant.Holds(asked != RegistrationRequest.None);
        if (fate != Fate.Answered)
            Seek();
        else
            Take(asked, error, stat, data);
        GoOn();
    }

    private void Take(RegistrationRequest asked, ErrorCode error, in Stat stat, ReadOnlySpan<byte> data)
    {
        switch (asked, error)
        {
            case (RegistrationRequest.Look or RegistrationRequest.Read, ErrorCode.Ok):
                Judge(asked, stat, data);
                break;
            case (RegistrationRequest.Look, ErrorCode.NoNode):
                if (_isLeaving)
                    Become(RegistrationState.Released, RegistrationRequest.None);
                else
                    Become(RegistrationState.Seeking, RegistrationRequest.Create);
                break;
            case (RegistrationRequest.Create, ErrorCode.NoNode):
                Become(RegistrationState.Seeking, RegistrationRequest.CreateParents);
                break;
            case (RegistrationRequest.CreateParents, ErrorCode.Ok or ErrorCode.NodeExists):
                Become(RegistrationState.Seeking, RegistrationRequest.Create);
                break;
            // Of too much to do just now its driver makes a pause.
            case (_, ErrorCode.Ok or ErrorCode.NoNode or ErrorCode.NodeExists or ErrorCode.BadVersion or ErrorCode.ThrottledOp):
                Seek();
                break;
            default:
                Refusal = error;
                Become(RegistrationState.Refused, RegistrationRequest.None);
                break;
        }
    }

    /// <summary>The znode is there: whose is it?</summary>
    private void Judge(RegistrationRequest asked, in Stat stat, ReadOnlySpan<byte> data)
    {
        Version = stat.Version;
        var isOurs = stat.EphemeralOwner == _session;
#if MUTANTS
        isOurs |= Mutant.Is(Mutants.OldRegistrationBelieved);
#endif
        if (_isLeaving)
            Become(isOurs ? RegistrationState.Seeking : RegistrationState.Released,
                isOurs ? RegistrationRequest.Delete : RegistrationRequest.None);
        else if (isOurs)
        {
            _hasStood = true;
            Become(RegistrationState.Registered, RegistrationRequest.None);
        }
        else if (asked == RegistrationRequest.Look)
            Become(RegistrationState.Blocked, MayReplace(stat) ? RegistrationRequest.Read : RegistrationRequest.None);
        else
            Become(RegistrationState.Blocked,
                MayReplace(stat) && data.SequenceEqual(_data) ? RegistrationRequest.Replace : RegistrationRequest.None);
    }

    private bool MayReplace(in Stat stat) => !_hasStood && stat.EphemeralOwner != SessionId.None;

    private void Seek() => Become(State == RegistrationState.Registered ? State : RegistrationState.Seeking, RegistrationRequest.Look);

    private void Become(RegistrationState state, RegistrationRequest request) => (State, Request) = (state, request);

    /// <summary>At rest, with a change that was told meanwhile: looks again.</summary>
    private void GoOn()
    {
        if (Request != RegistrationRequest.None || !_hasChanged || State is RegistrationState.Refused or RegistrationState.Released)
            return;
        Request = RegistrationRequest.Look;
        _hasChanged = false;
    }
}
