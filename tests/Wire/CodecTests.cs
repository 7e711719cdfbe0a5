using System.Text;
using CsCheck;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Wire;

public class CodecTests
{
    private static readonly Gen<byte[]> Buffers = Gen.Byte.Array[0, 40];

    /// <summary>How each kind of record is read; true when all of it could be.</summary>
    private static readonly (string Name, byte[] Record, Func<byte[], bool> Reads)[] Records =
    [
        ("create", Bytes(w => { w.Buffer("/a"u8); w.Buffer("x"u8); OpenToAll(w); w.Int(0); }),
            bytes => { var reader = new JuteReader(bytes); CreateRequest.Read(ref reader, OpCode.Create); return !reader.Failed; }),
        ("createTTL", Bytes(w => { w.Buffer("/a"u8); w.Null(); OpenToAll(w); w.Int(5); w.Long(9); }),
            bytes => { var reader = new JuteReader(bytes); CreateRequest.Read(ref reader, OpCode.CreateTtl); return !reader.Failed; }),
        ("delete", Bytes(w => { w.Buffer("/a"u8); w.Int(-1); }),
            bytes => { var reader = new JuteReader(bytes); PathIntRequest.Read(ref reader); return !reader.Failed; }),
        ("setData", Bytes(w => { w.Buffer("/a"u8); w.Buffer("x"u8); w.Int(-1); }),
            bytes => { var reader = new JuteReader(bytes); SetDataRequest.Read(ref reader); return !reader.Failed; }),
        ("setACL", Bytes(w => { w.Buffer("/a"u8); OpenToAll(w); w.Int(-1); }),
            bytes => { var reader = new JuteReader(bytes); SetAclRequest.Read(ref reader); return !reader.Failed; }),
        ("getData", Bytes(w => { w.Buffer("/a"u8); w.Bool(true); }),
            bytes => { var reader = new JuteReader(bytes); ReadRequest.Read(ref reader); return !reader.Failed; }),
        ("getACL", Bytes(w => w.Buffer("/a"u8)),
            bytes => { var reader = new JuteReader(bytes); PathRequest.Read(ref reader); return !reader.Failed; }),
        ("auth", Bytes(w => { w.Int(0); w.Buffer("digest"u8); w.Buffer("a:b"u8); }),
            bytes => { var reader = new JuteReader(bytes); AuthRequest.Read(ref reader); return !reader.Failed; }),
        ("setWatches", Bytes(w => { w.Long(1); Paths(w); Paths(w); Paths(w); }),
            bytes => { var reader = new JuteReader(bytes); SetWatchesRequest.Read(ref reader, OpCode.SetWatches); return !reader.Failed; }),
        ("setWatches2", Bytes(w => { w.Long(1); Paths(w); Paths(w); Paths(w); Paths(w); Paths(w); }),
            bytes => { var r = new JuteReader(bytes); SetWatchesRequest.Read(ref r, OpCode.SetWatches2); return !r.Failed; }),
        ("reconfig", Bytes(w => { w.Buffer("x"u8); w.Null(); w.Null(); w.Long(-1); }),
            bytes => { var reader = new JuteReader(bytes); ReconfigRequest.Read(ref reader); return !reader.Failed; }),
        ("stat", Bytes(w => Statistics(1).Write(w)),
            bytes => { var reader = new JuteReader(bytes); Stat.Read(ref reader); return !reader.Failed; }),
        ("multiRead", Bytes(w => { w.Int(4); w.Bool(false); w.Int(-1); w.Buffer("/a"u8); w.Bool(false); MultiHeader.WriteEnd(w); }),
            bytes => MultiReads.Classify(bytes) == MultiReadKind.Reads),
        ("multiRead of writes", Bytes(w =>
            {
                w.Int(1); w.Bool(false); w.Int(-1); w.Buffer("/a"u8); w.Null(); OpenToAll(w); w.Int(0);
                w.Int(13); w.Bool(false); w.Int(-1); w.Buffer("/a"u8); w.Int(0);
                w.Int(5); w.Bool(false); w.Int(-1); w.Buffer("/a"u8); w.Null(); w.Int(0);
                MultiHeader.WriteEnd(w);
            }),
            bytes => MultiReads.Classify(bytes) == MultiReadKind.Writes),
        ("request header", Bytes(w => { w.Int(1); w.Int(4); }), bytes => RequestHeader.TryRead(bytes, out _, out _)),
        ("connect", Bytes(w => { w.Int(0); w.Long(0); w.Int(8000); w.Long(0); w.Buffer(new byte[16]); }),
            bytes => ConnectRequest.TryRead(bytes, out _)),
    ];

    public static TheoryData<int> EachRecord => [.. Enumerable.Range(0, Records.Length)];

    [Theory]
    [MemberData(nameof(EachRecord))]
    public void A_record_is_read_whole_with_bytes_to_spare_and_never_when_cut(int which)
    {
        var (_, record, reads) = Records[which];
        Assert.True(reads(record));
        Assert.True(reads([.. record, 1, 2, 3]));
        for (var length = 0; length < record.Length; length++)
            Assert.False(reads(record[..length]));
    }

    [Theory]
    [MemberData(nameof(EachRecord))]
    public void No_bytes_whatever_make_a_reader_throw(int which)
    {
        var (_, record, reads) = Records[which];
        Gen.Select(Gen.Int[0, record.Length - 1], Gen.Byte).Array[1, 6].Sample(changes =>
        {
            var damaged = record.ToArray();
            foreach (var (at, value) in changes)
                damaged[at] = value;
            reads(damaged);
        }, iter: 300);
    }

    [Fact]
    public void Primitives_survive_a_round_trip() => Gen.Select(Gen.Byte, Gen.Bool, Gen.Int, Gen.Long, Buffers, Gen.Bool).Sample(
        (b, flag, number, big, buffer, isNull) =>
        {
            var reader = new JuteReader(Bytes(w =>
            {
                w.Byte(b);
                w.Bool(flag);
                w.Int(number);
                w.Long(big);
                w.Buffer(buffer, isNull);
            }));
            Assert.Equal((b, flag, number, big), (reader.Byte(), reader.Bool(), reader.Int(), reader.Long()));
            var read = reader.Buffer(out var wasNull).ToArray();
            Assert.Equal((isNull, isNull ? [] : buffer), (wasNull, read), new BufferComparer());
            Assert.False(reader.Failed);
            Assert.True(reader.Rest.IsEmpty);
        });

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    [InlineData(-5, false)]
    public void Odd_counts_read_as_empty_lists_and_only_minus_one_as_null(int count, bool isNull)
    {
        var reader = new JuteReader(Bytes(w =>
        {
            w.Int(count);
            w.Int(7);
        }));
        var list = AclList.Read(ref reader);
        Assert.Equal((0, isNull, 7), (list.Count, list.IsNull, reader.Int()));
        Assert.False(reader.Failed);
        foreach (var _ in list)
            Assert.Fail("an empty list has an entry");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(int.MaxValue)]
    public void A_count_beyond_the_record_fails_when_the_bytes_run_out(int count)
    {
        var reader = new JuteReader(Bytes(w =>
        {
            w.Int(count);
            w.Int(31);
            w.Buffer("world"u8);
            w.Buffer("anyone"u8);
        }));
        Assert.Equal(0, AclList.Read(ref reader).Count);
        Assert.True(reader.Failed);
    }

    [Fact]
    public void Access_lists_survive_a_round_trip() => Gen.Select(Gen.Int, Buffers, Buffers).Array[0, 6].Sample(entries =>
    {
        var bytes = Bytes(w =>
        {
            w.Int(entries.Length);
            foreach (var (permissions, scheme, id) in entries)
                new AclEntry { Permissions = (Permissions)permissions, Scheme = scheme, Id = id, HasNull = false }.Write(w);
        });
        var reader = new JuteReader(bytes);
        var list = AclList.Read(ref reader);
        Assert.Equal(bytes, list.Bytes.ToArray());
        var at = 0;
        foreach (var entry in list)
        {
            Assert.Equal(entries[at].Item1, (int)entry.Permissions);
            Assert.True(entry.Scheme.SequenceEqual(entries[at].Item2) && entry.Id.SequenceEqual(entries[at].Item3));
            at++;
        }
        Assert.Equal(entries.Length, at);
    });

    [Fact]
    public void A_stat_is_68_bytes_and_survives_a_round_trip() => Gen.Int[0, 1_000_000].Sample(seed =>
    {
        var bytes = Bytes(w => Statistics(seed).Write(w));
        var reader = new JuteReader(bytes);
        Assert.Equal(68, bytes.Length);
        Assert.Equal(Statistics(seed), Stat.Read(ref reader));
    });

    [Fact]
    public void A_notification_carries_type_state_and_path()
    {
        var bytes = Bytes(w => Notification.Write(w, WatchEvent.NodeDeleted, "/a"u8, new(9)));
        Assert.Equal(Convert.FromHexString("0000001effffffff0000000000000009000000000000000200000003" + "000000022f61"), bytes);
    }

    [Theory]
    [InlineData("/é中", "2fc3a9e4b8ad")]
    [InlineData("/\U0001f600", "2feda0bdedb880")]
    [InlineData("", "")]
    public void Echoed_text_leaves_by_utf16_units(string text, string hex) =>
        Assert.Equal(Convert.FromHexString(hex), Bytes(w => EchoedText.Write(w, Encoding.UTF8.GetBytes(text), false))[4..]);

    [Theory]
    [InlineData("2f76ff", "2f76efbfbd")]
    [InlineData("c3", "efbfbd")]
    [InlineData("61f09f98", "61efbfbd")]
    public void Malformed_text_is_echoed_as_replacement_characters(string hex, string expected)
    {
        var bytes = Bytes(w => EchoedText.Write(w, Convert.FromHexString(hex), false));
        Assert.Equal(Convert.FromHexString(expected), bytes[4..]);
        Assert.Equal(bytes.Length - 4, new JuteReader(bytes).Int());
    }

    [Fact]
    public void A_null_text_stays_null() => Assert.Equal([0xff, 0xff, 0xff, 0xff], Bytes(w => EchoedText.Write(w, default, true)));

    private sealed class BufferComparer : IEqualityComparer<(bool IsNull, byte[] Bytes)>
    {
        public bool Equals((bool IsNull, byte[] Bytes) x, (bool IsNull, byte[] Bytes) y) =>
            x.IsNull == y.IsNull && x.Bytes.SequenceEqual(y.Bytes);

        public int GetHashCode((bool IsNull, byte[] Bytes) obj) => obj.Bytes.Length;
    }

    private static Stat Statistics(int seed) => new()
    {
        Czxid = new(seed),
        Mzxid = new(seed + 1),
        Ctime = seed + 2,
        Mtime = seed + 3,
        Version = seed + 4,
        Cversion = seed + 5,
        Aversion = seed + 6,
        EphemeralOwner = new(seed + 7),
        DataLength = seed + 8,
        NumChildren = seed + 9,
        Pzxid = new(seed + 10),
    };

    private static void OpenToAll(JuteWriter writer)
    {
        writer.Int(1);
        writer.Int(31);
        writer.Buffer("world"u8);
        writer.Buffer("anyone"u8);
    }

    private static void Paths(JuteWriter writer)
    {
        writer.Int(2);
        writer.Buffer("/a"u8);
        writer.Buffer("/b"u8);
    }

    private static byte[] Bytes(Action<JuteWriter> write)
    {
        var arena = new Arena();
        write(new(arena));
        return arena.Written.ToArray();
    }
}
