using CsCheck;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Recipes;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Recipes;

/// <summary>The registration alone: one znode, and everything that may happen to it.</summary>
public class RegistrationTests
{
    private static readonly SessionId Ours = new(7), Former = new(5);
    private static readonly byte[] Words = [1, 2], Others = [3];

    /// <summary>A znode at a server: what the registration's requests do to it, and the watch that a look leaves.</summary>
    private sealed class OneZnode
    {
        public SessionId? Owner { get; private set; }

        public byte[] Data { get; private set; } = [];

        public bool HasParent { get; set; } = true;

        public int Version { get; private set; }

        public Action? Watch { get; set; }

        public void Put(SessionId owner, byte[] data, int version = 0)
        {
            (Owner, Data, Version) = (owner, data, version);
            Tell();
        }

        public void Remove()
        {
            Owner = null;
            Tell();
        }

        /// <summary>Does what is asked; what is told, if the answer arrives.</summary>
        public (ErrorCode Error, Stat Stat, byte[] Data) Do(Registration registration, SessionId session, byte[] words)
        {
            switch (registration.Request)
            {
                case RegistrationRequest.Look:
                    Watch = registration.Changed;
                    return Owner is { } seen ? (ErrorCode.Ok, Stat(seen), []) : (ErrorCode.NoNode, default, []);
                case RegistrationRequest.Read:
                    return Owner is { } read ? (ErrorCode.Ok, Stat(read), Data) : (ErrorCode.NoNode, default, []);
                case RegistrationRequest.Create when !HasParent:
                    return (ErrorCode.NoNode, default, []);
                case RegistrationRequest.Create when Owner is not null:
                    return (ErrorCode.NodeExists, default, []);
                case RegistrationRequest.CreateParents:
                    HasParent = true;
                    return (ErrorCode.Ok, default, []);
                case RegistrationRequest.Replace or RegistrationRequest.Delete when Owner is null:
                    return (ErrorCode.NoNode, default, []);
                case RegistrationRequest.Replace or RegistrationRequest.Delete when Version != registration.Version:
                    return (ErrorCode.BadVersion, default, []);
                case RegistrationRequest.Delete:
                    Remove();
                    return (ErrorCode.Ok, default, []);
                default:
                    Put(session, words);
                    return (ErrorCode.Ok, Stat(session), []);
            }
        }

        private void Tell()
        {
            var watch = Watch;
            Watch = null;
            watch?.Invoke();
        }

        private Stat Stat(SessionId owner) => new()
        {
            Czxid = default,
            Mzxid = default,
            Ctime = 0,
            Mtime = 0,
            Version = Version,
            Cversion = 0,
            Aversion = 0,
            EphemeralOwner = owner,
            DataLength = Data.Length,
            NumChildren = 0,
            Pzxid = default,
        };
    }

    private static void Run(Registration registration, OneZnode node, int steps = 20)
    {
        for (; registration.Request != RegistrationRequest.None; steps--)
        {
            Assert.True(steps > 0, "it never comes to rest");
            var (error, stat, data) = node.Do(registration, Ours, Words);
            registration.Answered(Fate.Answered, error, stat, data);
        }
    }

    [Fact]
    public void It_makes_the_znode_and_what_is_above_it()
    {
        var (node, registration) = (new OneZnode { HasParent = false }, new Registration(Ours, Words));
        Run(registration, node);
        Assert.Equal((RegistrationState.Registered, Ours), (registration.State, node.Owner!.Value));
    }

    [Fact]
    public void The_znode_of_an_earlier_session_is_not_ours_and_is_replaced()
    {
        var (node, registration) = (new OneZnode(), new Registration(Ours, Words));
        node.Put(Former, Words, version: 3);
        Run(registration, node);
        Assert.Equal((RegistrationState.Registered, Ours), (registration.State, node.Owner!.Value));
    }

    [Fact]
    public void A_stranger_is_waited_for()
    {
        var (node, registration) = (new OneZnode(), new Registration(Ours, Words));
        node.Put(Former, Others);
        Run(registration, node);
        Assert.Equal((RegistrationState.Blocked, Former), (registration.State, node.Owner!.Value));
        node.Remove();
        Run(registration, node);
        Assert.Equal((RegistrationState.Registered, Ours), (registration.State, node.Owner!.Value));
    }

    [Fact]
    public void What_somebody_else_deletes_is_made_again_but_a_living_double_is_not_fought()
    {
        var (node, registration) = (new OneZnode(), new Registration(Ours, Words));
        Run(registration, node);
        node.Remove();
        Run(registration, node);
        Assert.Equal(Ours, node.Owner);
        node.Put(Former, Words);
        Run(registration, node);
        Assert.Equal((RegistrationState.Blocked, Former), (registration.State, node.Owner!.Value));
    }

    [Fact]
    public void Releasing_removes_what_is_ours_and_nothing_else()
    {
        var (node, registration) = (new OneZnode(), new Registration(Ours, Words));
        registration.Release();
        Run(registration, node);
        Assert.Equal((RegistrationState.Released, null), (registration.State, node.Owner));
        (node, registration) = (new OneZnode(), new Registration(Ours, Words));
        node.Put(Former, Others);
        Run(registration, node);
        registration.Release();
        Run(registration, node);
        Assert.Equal((RegistrationState.Released, Former), (registration.State, node.Owner!.Value));
    }

    [Fact]
    public void A_refusal_is_kept()
    {
        var registration = new Registration(Ours, Words);
        registration.Answered(Fate.Answered, ErrorCode.NoNode, default, []);
        registration.Answered(Fate.Answered, ErrorCode.NoAuth, default, []);
        Assert.Equal((RegistrationState.Refused, ErrorCode.NoAuth), (registration.State, registration.Refusal));
        registration.Changed();
        Assert.Equal(RegistrationRequest.None, registration.Request);
    }

    /// <summary>
    /// Requests whose answers are lost, done or not; others who delete, and put their own. When all is quiet, what it believes is so; and
    /// once it is given up nothing of it is left.
    /// </summary>
    [Fact]
    public void Whatever_happens_in_the_end_it_believes_what_is_so() =>
        Gen.Int[0, 9].Array[0, 40].Sample(events =>
        {
            var (node, registration) = (new OneZnode(), new Registration(Ours, Words));
            foreach (var what in events)
                Happen(what, node, registration);
            Run(registration, node);
            Assert.Equal(node.Owner == Ours, registration.State == RegistrationState.Registered);
            Assert.Equal(node.Owner != Ours, registration.State is RegistrationState.Blocked);
            if (node.Owner != Ours)
                node.Remove();
            Run(registration, node);
            Assert.Equal((RegistrationState.Registered, Ours), (registration.State, node.Owner!.Value));
            registration.Release();
            Run(registration, node);
            Assert.Equal((RegistrationState.Released, null), (registration.State, node.Owner));
        });

    private static void Happen(int what, OneZnode node, Registration registration)
    {
        switch (what)
        {
            case 0:
                node.Remove();
                break;
            case 1 when node.Owner is null:
                node.Put(Former, Others);
                break;
            case 2 when node.Owner is null:
                node.Put(Former, Words);
                break;
            case 3:
                node.HasParent = node.Owner is not null;
                break;
            case 4 when registration.Request != RegistrationRequest.None:
                node.Do(registration, Ours, Words);
                registration.Answered(Fate.Unknown, ErrorCode.ConnectionLoss, default, []);
                break;
            case 5 when registration.Request != RegistrationRequest.None:
                registration.Answered(Fate.Lost, ErrorCode.ConnectionLoss, default, []);
                break;
            case > 5 when registration.Request != RegistrationRequest.None:
                var (error, stat, data) = node.Do(registration, Ours, Words);
                registration.Answered(Fate.Answered, error, stat, data);
                break;
        }
    }
}
