using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Consensus;

/// <summary>Frames between members: what is written is read, and bytes of any other origin are refused and never thrown at.</summary>
public class PeerCodecTests
{
    private static readonly PeerIdentity Someone = new(7, 1001);

    [Fact]
    public void What_is_written_is_read() => Gen.Select(Gen.ULong, Gen.UInt[0, uint.MaxValue - 1], Gen.ULong, Gen.Bool).Sample((a, b, c, flag) =>
    {
        var ballot = new Ballot(new(b), new(a), new(b), flag);
        var body = new byte[Ballot.Bytes];
        ballot.Write(body);
        Assert.Equal(ballot, Ballot.Read(Body(PeerKind.Vote, body)));

        var answer = new BallotAnswer(new(b), flag);
        body = new byte[BallotAnswer.Bytes];
        answer.Write(body);
        Assert.Equal(answer, BallotAnswer.Read(Body(PeerKind.VoteAnswer, body)));

        var beat = new Heartbeat(new(a), c, flag, a ^ c);
        body = new byte[Heartbeat.Bytes];
        beat.Write(body);
        Assert.Equal(beat, Heartbeat.Read(Body(PeerKind.Heartbeat, body)));

        var follower = new FollowerAnswer
        {
            Flags = AnswerFlags.Full,
            Matched = new(a),
            Received = new(c),
            Round = a ^ c,
            Rejected = new(a / 2),
            Hint = new(new(c / 2), new(b), a),
            Applied = new(a / 3),
            Digest = new(new UInt128(a, c)),
            Plea = c,
        };
        body = new byte[FollowerAnswer.Bytes];
        follower.Write(body);
        Assert.Equal(follower, FollowerAnswer.Read(Body(PeerKind.AppendAnswer, body)));
    });

    [Fact]
    public void Entries_come_back_as_they_were_put_in() => Gen.Byte.Array[0, 200].Array[0, 20].Sample(bodies =>
    {
        var frame = Append(bodies, bound: int.MaxValue);
        Assert.True(PeerCodec.TryRead(frame, out var message));
        var reader = new AppendReader(message.Body);
        Assert.Equal(bodies.Length, reader.Head.Count);
        for (var i = 0; i < bodies.Length; i++)
        {
            Assert.True(reader.TryNext(out var entry));
            Assert.Equal(new(11 + (ulong)i), entry.Index);
            Assert.Equal(bodies[i], entry.Body);
        }
        Assert.False(reader.TryNext(out _));
    });

    [Fact]
    public void A_frame_ends_at_its_bound_and_always_holds_one_entry()
    {
        var frame = Append([new byte[100], new byte[100], new byte[100]], bound: 350);
        Assert.True(PeerCodec.TryRead(frame, out var message));
        Assert.Equal(2, AppendHead.Read(message.Body).Count);
        Assert.True(PeerCodec.TryRead(Append([new byte[1000]], bound: 10), out message));
        Assert.Equal(1, AppendHead.Read(message.Body).Count);
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_refused()
    {
        var frame = Append([new byte[30], new byte[3]], bound: int.MaxValue);
        for (var bit = 0; bit < frame.Length * 8; bit++)
        {
            frame[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(PeerCodec.TryRead(frame, out _));
            frame[bit / 8] ^= (byte)(1 << bit % 8);
        }
        Assert.True(PeerCodec.TryRead(frame, out _));
    }

    [Fact]
    public void Cut_or_lengthened_frames_are_refused()
    {
        var frame = Append([new byte[30], new byte[3]], bound: int.MaxValue);
        for (var length = 0; length < frame.Length; length++)
            Assert.False(PeerCodec.TryRead(frame.AsSpan(0, length), out _));
        Assert.False(PeerCodec.TryRead([.. frame, 0], out _));
    }

    [Fact]
    public void Bytes_with_a_good_checksum_are_refused_or_harmless() =>
        Gen.Select(Gen.Byte[0, 45], Gen.Byte.Array[0, 120], Gen.UInt).Sample((kind, body, term) =>
        {
            var world = new RaftWorld(3);
            world.Stand(1);
            world.Settle();
            var effects = new Effects();
            var frame = effects.Arena[PeerCodec.Write(effects, (PeerKind)kind, new(RaftWorld.Ensemble, RaftWorld.BirthOf(new(2))), new(term % 5), body)].ToArray();
            world[1].Receive(new(2), frame);
            world[3].Receive(new(2), frame);
            world[3].Receive(new(1), frame);
        }, iter: 2000);

    [Fact]
    public void Frames_of_every_kind_with_wild_numbers_are_harmless() =>
        Gen.Select(Gen.Int[0, 8], Gen.ULong, Gen.ULong, Gen.UInt[0, 6], Gen.UInt[0, 6], Gen.Bool).Sample((which, a, b, term, other, flag) =>
        {
            var world = new RaftWorld(3);
            world.Stand(1);
            world.Settle();
            if (flag)
                (a, b) = (a % 5, b % 5);
            Span<byte> body = stackalloc byte[FollowerAnswer.Bytes];
            var kind = PeerKind.TimeoutNow;
            var length = 0;
            switch (which)
            {
                case 0 or 1:
                    new Ballot(new(term), new(a), new(other), flag).Write(body);
                    (kind, length) = (which == 0 ? PeerKind.Vote : PeerKind.PreVote, Ballot.Bytes);
                    break;
                case 2 or 3:
                    new BallotAnswer(new(term), flag).Write(body);
                    (kind, length) = (which == 2 ? PeerKind.VoteAnswer : PeerKind.PreVoteAnswer, BallotAnswer.Bytes);
                    break;
                case 4 or 5:
                    new FollowerAnswer { Flags = (AnswerFlags)(a % 16), Matched = new(a), Received = new(b), Round = a, Rejected = new(b), Hint = new(new(a), new(other), b), Applied = new(b), Plea = a }.Write(body);
                    (kind, length) = (which == 4 ? PeerKind.AppendAnswer : PeerKind.HeartbeatAnswer, FollowerAnswer.Bytes);
                    break;
                case 6:
                    new Heartbeat(new(a), b, flag, a ^ b).Write(body);
                    (kind, length) = (PeerKind.Heartbeat, Heartbeat.Bytes);
                    break;
                case 7:
                    new AppendHead(new(new(a), new(other), b), new(b), a, 0).Write(body);
                    (kind, length) = (PeerKind.Append, AppendHead.Bytes);
                    break;
            }
            var frame = RaftWorld.Frame(kind, new(2), new(term), body[..length]);
            foreach (var id in (ReadOnlySpan<int>)[1, 3])
                world[id].Receive(new(2), frame);
        }, iter: 3000);

    private static ReadOnlySpan<byte> Body(PeerKind kind, byte[] body)
    {
        var effects = new Effects();
        var frame = effects.Arena[PeerCodec.Write(effects, kind, Someone, new(3), body)].ToArray();
        Assert.True(PeerCodec.TryRead(frame, out var message));
        Assert.Equal(kind, message.Kind);
        Assert.Equal(Someone, message.Sender);
        Assert.Equal(new(3), message.Term);
        return message.Body;
    }

    private static byte[] Append(byte[][] bodies, int bound)
    {
        var effects = new Effects();
        var writer = new AppendWriter(effects, PeerKind.Append, Someone, new(3), new LogPosition(new(10), new(2), 99), bound);
        for (var i = 0; i < bodies.Length; i++)
            if (!writer.TryAdd(new() { Index = new(11 + (ulong)i), Term = new(2), Time = new(i), Chain = (ulong)i, Body = bodies[i] }))
                break;
        return effects.Arena[writer.Seal(new(8), 5)].ToArray();
    }
}
