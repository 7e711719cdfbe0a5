using System.Text;
using System.Text.Json;
using Quorate.Kernel.Importing;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Import;

public class ZooKeeperLogTests
{
    [Fact]
    public void A_log_of_the_real_server_reads_as_its_decoding_says()
    {
        var log = new ZooKeeperLog("log.1", Vectors.Bytes("log.1"));
        foreach (var txn in Vectors.Json("log.1").GetProperty("txns").EnumerateArray())
        {
            Assert.True(log.MoveNext(), log.Flaw?.ToString());
            var header = log.Current.Header;
            Assert.Equal(Vectors.Long(txn.GetProperty("clientId")), header.Session.Value);
            Assert.Equal(txn.GetProperty("cxid").GetInt32(), header.Cxid);
            Assert.Equal(Vectors.Long(txn.GetProperty("zxid")), header.Zxid.Value);
            Assert.Equal(txn.GetProperty("time").GetInt64(), header.Time);
            Assert.Equal(txn.GetProperty("type").GetInt32(), (int)header.Type);
            var reader = new JuteReader(log.Current.Body);
            Assert.Equal(Describe(txn.GetProperty("txn"), header.Type), Describe(ref reader, header));
            if (txn.TryGetProperty("digest", out var digest))
                Assert.Equal(new(digest.GetProperty("version").GetInt32(), digest.GetProperty("treeDigest").GetUInt64()),
                    TxnDigest.Read(ref reader));
            Assert.True(reader.Rest.IsEmpty && !reader.Failed);
        }
        Assert.False(log.MoveNext());
        Assert.Null(log.Flaw);
        Assert.Null(log.Note);
    }

    [Fact]
    public void A_close_without_paths_is_told_from_one_with_paths_by_its_length()
    {
        var reader = new JuteReader([]);
        Assert.Equal(0, CloseSessionTxn.Read(ref reader).Paths.Count);
        reader = new JuteReader((byte[])[0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9]);
        Assert.Equal(0, CloseSessionTxn.Read(ref reader).Paths.Count);
        Assert.Equal(TxnDigest.Length, reader.Rest.Length);
        reader = new JuteReader((byte[])[0, 0, 0, 1, 0, 0, 0, 4, .. "/abc"u8]);
        Assert.Equal(1, CloseSessionTxn.Read(ref reader).Paths.Count);
        Assert.False(reader.Failed);
    }

    [Theory, InlineData(0), InlineData(7), InlineData(16), InlineData(64)]
    public void A_file_that_never_got_a_record_is_an_empty_log(int length)
    {
        var log = new ZooKeeperLog("log.1", new byte[length]);
        Assert.False(log.MoveNext());
        Assert.Null(log.Flaw);
        Assert.NotNull(log.Note);
    }

    [Fact]
    public void Something_else_is_no_log()
    {
        var log = new ZooKeeperLog("log.1", "#!/bin/sh\necho this is not a log at all\n"u8);
        Assert.False(log.MoveNext());
        Vectors.Says("ZKLG", log.Flaw);
        log = new ZooKeeperLog("log.1", (byte[])[.. "ZKLG"u8, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.False(log.MoveNext());
        Vectors.Says("format version 3", log.Flaw);
    }

    [Fact]
    public void Every_flipped_byte_of_a_log_is_found_unless_it_lies_in_the_padding()
    {
        var good = Vectors.Bytes("log.1");
        var end = Ends(good)[^1];
        for (var at = 0; at < good.Length; at++)
            foreach (var flip in (ReadOnlySpan<byte>)[0x01, 0x80, 0xff, 0x42])
            {
                var bad = good.ToArray();
                bad[at] ^= flip;
                var (read, flaw, note) = Read(bad);
                Assert.True(at >= end || flaw is not null || (note is not null && read.Length == 21),
                    $"byte {at} flipped by {flip:x} went unseen");
                if (at >= end)
                    Assert.Equal(22, read.Length);
            }
    }

    [Fact]
    public void Only_the_last_end_mark_when_it_became_zero_passes_for_a_torn_record()
    {
        var bytes = Vectors.Bytes("log.1");
        bytes[Ends(bytes)[^1] - 1] = 0;
        var (read, flaw, note) = Read(bytes);
        Assert.Equal((21, null), (read.Length, flaw));
        Vectors.Says("Nobody was told of it", note);
    }

    [Fact]
    public void A_log_cut_anywhere_yields_the_records_before_the_cut()
    {
        var good = Vectors.Bytes("log.1");
        var ends = Ends(good);
        for (var length = 0; length <= good.Length; length++)
        {
            var (read, flaw, note) = Read(good[..length]);
            Assert.Null(flaw);
            Assert.Equal(ends.Count(end => end <= length), read.Length);
            var tornInside = length < ends[^1] && length != 16 && !ends.Contains(length);
            // Four zero bytes of the next checksum cannot be told from padding.
            if (note is null)
                Assert.True(!tornInside || good[(read.Length == 0 ? 16 : ends[read.Length - 1])..length].All(b => b == 0));
            else
                Assert.True(tornInside);
        }
    }

    [Fact]
    public void A_last_record_whose_rest_was_never_written_is_torn_and_left_out()
    {
        var good = Vectors.Bytes("log.1");
        var ends = Ends(good);
        for (var written = ends[^2] + 8; written < ends[^1]; written++)
        {
            var torn = good.ToArray();
            torn.AsSpan(written).Clear();
            var (read, flaw, note) = Read(torn);
            Assert.Equal((21, true, null), (read.Length, note is not null, flaw?.ToString()));
        }
    }

    [Fact]
    public void A_hole_before_whole_records_is_damage_and_not_the_end()
    {
        var bytes = Vectors.Bytes("log.1");
        var ends = Ends(bytes);
        bytes.AsSpan(ends[4], ends[5] - ends[4]).Clear();
        var (read, flaw, _) = Read(bytes);
        Assert.Equal(5, read.Length);
        Vectors.Says($"log.1, byte {ends[4]}: Record 6 is damaged", flaw);
    }

    [Fact]
    public void A_wrong_checksum_at_the_very_end_says_how_to_cut()
    {
        var bytes = Vectors.Bytes("log.1");
        var ends = Ends(bytes);
        bytes[ends[^1] - 5] ^= 1;
        Vectors.Says($"cut to {ends[^2]} bytes", Read(bytes).Flaw);
        bytes = Vectors.Bytes("log.1");
        bytes[ends[3] - 5] ^= 1;
        Assert.DoesNotContain("cut to", Read(bytes).Flaw, StringComparison.Ordinal);
    }

    /// <summary>Where each record ends.</summary>
    private static List<int> Ends(byte[] bytes)
    {
        var ends = new List<int>();
        var log = new ZooKeeperLog("log.1", bytes);
        while (log.MoveNext())
        {
            if (log.Current.Number > 1)
                ends.Add(log.Current.Offset);
        }
        ends.Add(bytes.AsSpan().LastIndexOf((byte)'B') + 1);
        return ends;
    }

    private static (long[] Read, string? Flaw, string? Note) Read(byte[] bytes)
    {
        var read = new List<long>();
        var log = new ZooKeeperLog("log.1", bytes);
        while (log.MoveNext())
            read.Add(log.Current.Header.Zxid.Value);
        Assert.False(log.MoveNext());
        return ([.. read], log.Flaw?.ToString(), log.Note);
    }

    private static string Describe(ref JuteReader reader, TxnHeader header)
    {
        switch (header.Type)
        {
            case OpCode.CreateSession:
                return $"timeout {reader.Int()}";
            case OpCode.CloseSession:
                var paths = new List<string>();
                foreach (var path in CloseSessionTxn.Read(ref reader).Paths)
                    paths.Add(Encoding.UTF8.GetString(path));
                return "paths " + string.Join(' ', paths);
            case OpCode.Multi:
                var parts = new List<string>();
                foreach (var part in MultiTxn.Read(ref reader))
                {
                    var inside = new JuteReader(part.Record);
                    parts.Add($"{(int)part.Type} {Describe(ref inside, header with { Type = part.Type })}");
                    Assert.True(inside.Rest.IsEmpty && !inside.Failed);
                }
                return string.Join('\n', parts);
            case OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl:
                var create = CreateTxn.Read(ref reader, header.Type, header.Session);
                return $"{Encoding.UTF8.GetString(create.Path)} {Hex(create.Data, create.DataIsNull)} {Vectors.Acl(create.Acl)} "
                    + $"{create.Owner == header.Session.Value} {create.ParentCversion} "
                    + $"{(header.Type == OpCode.CreateTtl ? create.Owner & 0xffffffffff : 0)}";
            case OpCode.SetData:
                var set = SetDataTxn.Read(ref reader);
                return $"{Encoding.UTF8.GetString(set.Path)} {Hex(set.Data, set.DataIsNull)} {set.Version}";
            case OpCode.SetAcl:
                var setAcl = SetAclTxn.Read(ref reader);
                return $"{Encoding.UTF8.GetString(setAcl.Path)} {Vectors.Acl(setAcl.Acl)} {setAcl.Aversion}";
            case OpCode.Delete:
                return Encoding.UTF8.GetString(reader.NonNull());
            case OpCode.Check:
                return $"{Encoding.UTF8.GetString(reader.NonNull())} {reader.Int()}";
            default:
                return $"error {reader.Int()}";
        }
    }

    private static string Describe(JsonElement txn, OpCode type)
    {
        string Text(string name) => txn.GetProperty(name).ToString();
        string Data() => txn.GetProperty("data").GetString() ?? "null";
        string Acl() => Vectors.Acl(txn.GetProperty("acl"));
        return type switch
        {
            OpCode.CreateSession => $"timeout {Text("timeOut")}",
            OpCode.CloseSession => "paths " + string.Join(' ', txn.GetProperty("paths2Delete").EnumerateArray()),
            OpCode.Multi => string.Join('\n', txn.GetProperty("txns").EnumerateArray().Select(
                part => $"{part.GetProperty("type")} {Describe(part.GetProperty("txn"), (OpCode)part.GetProperty("type").GetInt32())}")),
            OpCode.Create or OpCode.Create2 => $"{Text("path")} {Data()} {Acl()} {Text("ephemeral") == "1"} {Text("parentCVersion")} 0",
            OpCode.CreateContainer => $"{Text("path")} {Data()} {Acl()} False {Text("parentCVersion")} 0",
            OpCode.CreateTtl => $"{Text("path")} {Data()} {Acl()} False {Text("parentCVersion")} {Text("ttl")}",
            OpCode.SetData => $"{Text("path")} {Data()} {Text("version")}",
            OpCode.SetAcl => $"{Text("path")} {Acl()} {Text("version")}",
            OpCode.Delete => Text("path"),
            OpCode.Check => $"{Text("path")} {Text("version")}",
            _ => $"error {Text("err")}",
        };
    }

    private static string Hex(ReadOnlySpan<byte> data, bool isNull) => isNull ? "null" : Convert.ToHexStringLower(data);
}
