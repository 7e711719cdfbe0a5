using System.Security.Cryptography;

namespace Quorate.Hosts.Tcp;

/// <summary>The first words on a new connection between two members: who each is, and the proof that both know the secret.</summary>
/// <remarks>
/// <para>
/// The caller sends a hello, the called one answers with its own, the caller proves, the called one proves: that is the welcome. A proof is
/// the HMAC-SHA256, under the secret, of the sender's part in the conversation and both hellos, each with a nonce that was never used: it is
/// good for this connection, this pair and this direction only. The caller proves first, because anyone can reach the called one, and nobody
/// shall be given something to try secrets on. Without a secret the key is empty and the proofs only show that both heard the same hellos.
/// </para>
/// <para>
/// A secret keeps strangers out; it neither hides nor seals the frames that follow. On a network where others can write into connections
/// use TLS, under which the same greeting is exchanged.
/// </para>
/// </remarks>
internal sealed class PeerGreeting(PeerSelf self, Transport transport)
{
    private readonly byte[] _record = new byte[PeerRecord.Length];
    private byte[] _callerHello = [];
    private byte[] _calledHello = [];

    /// <summary>Who the other side says to be; proved when the greeting has come so far.</summary>
    public ServerId Peer { get; private set; }

    /// <summary>The other side's process.</summary>
    public ulong Run { get; private set; }

    /// <summary>Whether it was the other side that refused.</summary>
    public bool ByPeer { get; private set; }

    private static ReadOnlySpan<byte> Caller => "caller"u8;

    private static ReadOnlySpan<byte> Called => "called"u8;

    /// <summary>Calls a member: the whole greeting. Unless a fault is returned the link is good on both sides.</summary>
    public async Task<PeerFault> Call(ServerId expected)
    {
        Peer = expected;
        _callerHello = PeerRecord.Hello(self, expected, Nonce());
        await Send(_callerHello);
        var fault = await Receive(PeerRecordKind.Hello);
        if (fault != PeerFault.None)
            return ByPeer ? fault : await Refuse(fault);
        _calledHello = [.. _record];
        fault = JudgeCalled(expected);
        if (fault != PeerFault.None)
            return await Refuse(fault);
        await Send(PeerRecord.Proof(self, expected, Prove(Caller)));
        fault = await Receive(PeerRecordKind.Proof);
        if (fault != PeerFault.None)
            return fault;
        return IsProved(Called) ? PeerFault.None : PeerFault.OtherSecret;
    }

    /// <summary>Hears a caller out, until it has proved itself. Then it is to be welcomed, or refused.</summary>
    public async Task<PeerFault> Hear()
    {
        var fault = await Receive(PeerRecordKind.Hello);
        if (fault == PeerFault.None)
        {
            _callerHello = [.. _record];
            fault = JudgeCaller();
        }
        if (fault != PeerFault.None)
            return ByPeer || fault is PeerFault.Stranger or PeerFault.Silent ? fault : await Refuse(fault);
        _calledHello = PeerRecord.Hello(self, Peer, Nonce());
        await Send(_calledHello);
        fault = await Receive(PeerRecordKind.Proof);
        if (fault != PeerFault.None)
            return fault;
        return IsProved(Caller) ? PeerFault.None : await Refuse(PeerFault.OtherSecret);
    }

    /// <summary>Accepts the caller: for it, and from now on for this side, the link is good.</summary>
    public Task Welcome() => Send(PeerRecord.Proof(self, Peer, Prove(Called)));

    /// <summary>Tells the other side why not.</summary>
    /// <returns>The same fault.</returns>
    public async Task<PeerFault> Refuse(PeerFault fault)
    {
        await Send(PeerRecord.Refusal(self, Peer, fault));
        await transport.Shutdown();
        return fault;
    }

    private PeerFault JudgeCalled(ServerId expected)
    {
        var hello = new PeerRecord(_record);
        Run = hello.Run;
        if (hello.From != expected || hello.To != self.Id)
            return PeerFault.OtherMember;
        return hello.HasSecret == self.Secret.Length > 0 ? PeerFault.None : PeerFault.OneSecret;
    }

    private PeerFault JudgeCaller()
    {
        var hello = new PeerRecord(_record);
        Peer = hello.From;
        Run = hello.Run;
        if (hello.To != self.Id)
            return PeerFault.OtherMember;
        if (hello.From == self.Id)
            return PeerFault.SameMember;
        if (hello.From.Value < self.Id.Value)
            return PeerFault.Direction;
        return hello.HasSecret == self.Secret.Length > 0 ? PeerFault.None : PeerFault.OneSecret;
    }

    private byte[] Prove(ReadOnlySpan<byte> part)
    {
        byte[] said = [.. part, .. _callerHello, .. _calledHello];
        return HMACSHA256.HashData(self.Secret, said);
    }

    private bool IsProved(ReadOnlySpan<byte> part) => CryptographicOperations.FixedTimeEquals(Prove(part), new PeerRecord(_record).Payload);

    private static byte[] Nonce() => RandomNumberGenerator.GetBytes(PeerRecord.PayloadLength);

    private async Task Send(byte[] record)
    {
        for (var sent = 0; sent < record.Length;)
            sent += await transport.Send(record.AsMemory(sent));
    }

    /// <summary>Receives a record of a kind; a refusal is returned as the fault that it names.</summary>
    private async Task<PeerFault> Receive(PeerRecordKind expected)
    {
        for (var held = 0; held < PeerRecord.Length;)
        {
            var received = await transport.Receive(_record.AsMemory(held));
            if (received == 0)
                return PeerFault.Silent;
            held += received;
            // Before the rest has come: a stranger may wait for an answer to less.
            if (held >= PeerRecord.PrefixLength && PeerRecord.Check(_record) is var fault and not PeerFault.None)
                return fault;
        }
        return Judge(expected);
    }

    private PeerFault Judge(PeerRecordKind expected)
    {
        var record = new PeerRecord(_record);
        if (record.Kind == expected)
            return PeerFault.None;
        ByPeer = record.Kind == PeerRecordKind.Refusal && record.Fault != PeerFault.None;
        return ByPeer ? record.Fault : PeerFault.Stranger;
    }
}
