using System.Buffers.Binary;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel;

/// <summary>Proposals between members: from the one a client is connected to, to the one that leads (design §6.2).</summary>
public sealed partial class Server
{
    private Forwarding _forwarding = null!;      // from construction on
    private Instant _forwardAt = Instant.Origin; // after a refusal: not before

    /// <summary>Whether a leader would be given one proposal more.</summary>
    private bool MayForward =>
        State is ServerState.Serving && _followed.Leader != default && _followed.Leader != _settings.Id && _forwarding.HasRoom &&
        _superblock.DurableGeneration >= _incarnationWritten;

    /// <summary>
    /// Whether this member has begun to lead its own clients too: what it forwarded to the leader before it is proposed first, since the machine
    /// takes what a session asked for, and what a member asked for, in order only.
    /// </summary>
    private bool HasTakenOver => _followed == (_settings.Id, _raft.Term) && !_forwarding.HasUnsent;

    /// <summary>When what was forwarded has waited so long that it goes again (A11). What lies in this leader's own log is not lost.</summary>
    private Instant ForwardDeadline =>
        _forwarding.IsEmpty || _followed.Leader == default || _followed.Leader == _settings.Id ? Instant.Never
        : _forwarding.HasUnsent ? Instant.Later(_forwardAt, _now.Instant)
        : _forwarding.Since + _settings.ElectionTimeout;

    private void Forward(in Command command)
    {
        var bytes = new byte[CommandCodec.Length(command)];
        CommandCodec.Write(bytes, command, Rules.None, _forwarding.NextTicket());
        _forwarding.Keep(bytes, _now.Instant);
    }

    /// <summary>A member that leads by now proposes itself what it had forwarded.</summary>
    private void ProposeForwarded()
    {
        if (_followed.Leader == _settings.Id)
            while (MayPropose && _forwarding.TryTake(out var command))
                ProposeEncoded(command);
    }

    /// <summary>Sends what was not sent yet.</summary>
    private void SendForwarded(Effects effects)
    {
        if (_forwarding.IsEmpty || _followed.Leader == default || _followed.Leader == _settings.Id)
            return;
        if (!_forwarding.HasUnsent && _now.Instant >= _forwarding.Since + _settings.ElectionTimeout)
            _forwarding.Resend(_now.Instant);
        while (_forwarding.HasUnsent && _now.Instant >= _forwardAt)
        {
            _peerBody.Clear();
            _forwarding.Write(_peerBody, _limits.PeerFrameBytes - PeerCodec.HeaderBytes);
            if (_peerBody.Length > 0)
                SendPeer(_followed.Leader, PeerKind.Forward, _peerBody.Written, effects);
        }
    }

    /// <summary>Another member forwards what it was asked. What cannot be taken now is refused, and comes again.</summary>
    private void Forwarded(ServerId from, in PeerMessage message, Effects effects)
    {
        if (!_raft.LeadsFirmly)
            return;   // it will find out who leads
        var rest = message.Body;
        while (rest.Length >= sizeof(int))
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            rest = rest[sizeof(int)..];
            if (length < 0 || length > rest.Length || !IsForwardable(rest[..length], from, message.Sender.Birth))
                return;
            if (!MayPropose)
            {
                SendPeer(from, PeerKind.Refused, [], effects);
                return;
            }
            ProposeEncoded(rest[..length]);
            rest = rest[length..];
        }
    }

    private bool IsForwardable(ReadOnlySpan<byte> bytes, ServerId from, ulong birth) =>
        CommandCodec.IsWhole(bytes) && bytes.Length <= LargestEntry && CommandCodec.Read(bytes) is var command &&
        command.Kind is CommandKind.Write or CommandKind.CloseSession or CommandKind.CreateSession or CommandKind.Attach &&
        command.Origin == from && command.Incarnation.Birth == birth && command.Ticket != 0 && command.Ruling.IsEmpty;

    private void ProposeEncoded(ReadOnlySpan<byte> bytes)
    {
        if (CommandCodec.Read(bytes).Op == OpCode.Reconfig)
            TakeReconfig(bytes);
        else
            Append(bytes, ruling: []);
    }

    private void Append(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> ruling)
    {
        var body = _raft.Propose(bytes.Length + ruling.Length, _now);
        CommandCodec.Rule(body, bytes, ruling);
        CommandCodec.Stamp(body, Rules);
        _raft.Log.Seal();
        _front!.Statistics.Proposals++;
        _front.Statistics.ProposalSize.Add(body.Length);
        _front.Appended(CommandCodec.Read(bytes), _now);
    }

    /// <summary>What became of a proposal of this member's: it is kept no longer, or it has to go again because one before it is missing.</summary>
    private void Settle(in Command command, in Outcome outcome)
    {
        if (IsOwn(command))
            if (outcome.Verdict == Verdict.Gap)
                _forwarding.Missed(command.Ticket, _now.Instant);
            else
                _forwarding.Seen(command.Ticket);
        if (outcome.Verdict != Verdict.Applied || outcome.Error != ErrorCode.Ok)
            return;
        if (command.Kind == CommandKind.Attach)
            _forwarding.Drop(outcome.Session, outcome.Attachment - 1);
        else if (command.Kind is CommandKind.CloseSession or CommandKind.ExpireSession)
            _forwarding.Drop(outcome.Session, uint.MaxValue);
    }
}
