using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Quorate.Tests.Transcripts;

/// <summary>
/// Decodes one frame from a server into JSON in which everything that differs from run to run is replaced by its symbol, in the
/// vocabulary of the transcripts. Throws <see cref="InvalidDataException"/> when the bytes do not fit the kind.
/// </summary>
internal ref struct FrameMeaning
{
    private readonly ReadOnlySpan<byte> _payload;
    private readonly RunSymbols _symbols;
    private readonly DateTimeOffset _clock;
    private int _at;

    private FrameMeaning(ReadOnlySpan<byte> payload, RunSymbols symbols, DateTimeOffset clock)
    {
        _payload = payload;
        _symbols = symbols;
        _clock = clock;
    }

    /// <param name="frame">With its length prefix.</param>
    /// <param name="kind">connect, event, or the name of the operation that is answered.</param>
    public static JsonObject Of(ReadOnlySpan<byte> frame, string kind, RunSymbols symbols, DateTimeOffset clock)
    {
        var reader = new FrameMeaning(frame[4..], symbols, clock);
        var meaning = kind == "connect" ? reader.Connect() : reader.Reply(kind);
        if (reader.Left > 0)
            meaning["trailing"] = Hex.Format(reader.Take(reader.Left));
        return meaning;
    }

    private readonly int Left => _payload.Length - _at;

    private JsonObject Connect()
    {
        var meaning = new JsonObject { ["protocolVersion"] = Int(), ["timeOut"] = Int() };
        var session = Long();
        meaning["sessionId"] = session == 0 ? JsonValue.Create(0) : _symbols.Issued(session);
        var password = Buffer();
        if (session != 0 && password is not null)
        {
            meaning["passwd"] = _symbols.Password(session, password);
            meaning["passwdLength"] = password.Length;
        }
        else
        {
            meaning["passwd"] = HexOrNull(password);
        }
        meaning["readOnly"] = Left > 0 ? JsonValue.Create((int)Take(1)[0]) : JsonValue.Create("absent");
        return meaning;
    }

    private JsonObject Reply(string kind)
    {
        var meaning = new JsonObject { ["xid"] = Int(), ["zxid"] = Zxid(), ["err"] = Int() };
        if ((int)meaning["xid"]! == -1)
        {
            meaning["type"] = Int();
            meaning["state"] = Int();
            meaning["path"] = Text();
        }
        else if (Left > 0)
        {
            Body(meaning, kind);
        }
        return meaning;
    }

    private void Body(JsonObject meaning, string kind)
    {
        switch (kind)
        {
            case "create" or "sync":
                meaning["path"] = Text();
                break;
            case "create2" or "createTTL" or "createContainer":
                meaning["path"] = Text();
                meaning["stat"] = Stat();
                break;
            case "exists" or "setData" or "setACL" or "check":
                meaning["stat"] = Stat();
                break;
            case "getData" or "reconfig":
                meaning["data"] = HexOrNull(Buffer());
                meaning["stat"] = Stat();
                break;
            case "getACL" or "getACL/unordered":
                var acl = Vector(static (ref reader) => reader.AclEntry());
                meaning["acl"] = kind == "getACL" ? acl : Unordered(acl);
                meaning["stat"] = Stat();
                break;
            case "getChildren" or "getChildren2":
                meaning["children"] = Unordered(Vector(static (ref reader) => reader.Text()));
                if (kind == "getChildren2")
                    meaning["stat"] = Stat();
                break;
            case "multi" or "multiRead":
                meaning["results"] = MultiResults();
                break;
            case "getEphemerals":
                meaning["ephemerals"] = Unordered(Vector(static (ref reader) => reader.Text()));
                break;
            case "getAllChildrenNumber":
                meaning["totalNumber"] = Int();
                break;
            case "whoAmI":
                meaning["clientInfo"] = Unordered(Vector(static (ref reader) => reader.ClientInfo()));
                break;
            case "addWatch":
                meaning["errorResponse"] = Int();
                break;
            case "sasl":
                meaning["token"] = HexOrNull(Buffer());
                break;
            default:
                meaning["body"] = Hex.Format(Take(Left));
                break;
        }
    }

    private JsonArray MultiResults()
    {
        var results = new JsonArray();
        while (true)
        {
            var result = new JsonObject { ["type"] = Int(), ["done"] = (int)Take(1)[0], ["err"] = Int() };
            results.Add((JsonNode)result);
            if ((int)result["done"]! != 0)
                return results;
            switch ((int)result["type"]!)
            {
                case 1:
                    result["path"] = Text();
                    break;
                case 15:
                    result["path"] = Text();
                    result["stat"] = Stat();
                    break;
                case 5:
                    result["stat"] = Stat();
                    break;
                case 4:
                    result["data"] = HexOrNull(Buffer());
                    result["stat"] = Stat();
                    break;
                case 8:
                    result["children"] = Unordered(Vector(static (ref reader) => reader.Text()));
                    break;
                case -1:
                    result["code"] = Int();
                    break;
                case 2 or 13:
                    break;
                case var type:
                    throw new InvalidDataException($"type {type} in a multi reply");
            }
        }
    }

    private JsonObject Stat()
    {
        var (created, modified) = (Zxid(), Zxid());
        var stat = new JsonObject
        {
            ["czxid"] = created,
            ["mzxid"] = modified,
            ["ctime"] = Time(created),
            ["mtime"] = Time(modified),
            ["version"] = Int(),
            ["cversion"] = Int(),
            ["aversion"] = Int(),
            ["ephemeralOwner"] = Owner(),
            ["dataLength"] = Int(),
            ["numChildren"] = Int(),
        };
        if (created.GetValueKind() == System.Text.Json.JsonValueKind.String)
        {
            stat["pzxid"] = Zxid();
            return stat;
        }
        // The root and the system nodes (czxid 0) remember what happened before this run.
        stat["cversion"] = "*";
        stat["pzxid"] = Long() == _symbols.Base - 1 ? "Z-1" : "*";
        return stat;
    }

    /// <summary>Zero and −1 mean themselves.</summary>
    private JsonNode Zxid()
    {
        var value = Long();
        return value > 0 ? _symbols.Zxid(value) : JsonValue.Create(value);
    }

    private JsonNode Time(JsonNode zxid)
    {
        var value = Long();
        return value == 0 || zxid.GetValueKind() != System.Text.Json.JsonValueKind.String
            ? JsonValue.Create(value)
            : _symbols.Time(zxid.GetValue<string>(), value, _clock);
    }

    /// <summary>Containers and TTL nodes mark their kind where an ephemeral has its session.</summary>
    private JsonNode Owner()
    {
        var value = Long();
        return value is 0 or long.MinValue || (byte)(value >> 56) == 0xff ? JsonValue.Create(value) : _symbols.Session(value);
    }

    private JsonObject AclEntry() => new JsonObject { ["perms"] = Int(), ["scheme"] = Text(), ["id"] = Text() };

    private JsonObject ClientInfo() => new JsonObject { ["scheme"] = Text(), ["user"] = Text() };

    private delegate JsonNode? Element(ref FrameMeaning reader);

    private JsonArray? Vector(Element element)
    {
        var count = Int();
        if (count == -1)
            return null;
        var elements = new JsonArray();
        for (var i = 0; i < count; i++)
            elements.Add(element(ref this));
        return elements;
    }

    private static JsonArray? Unordered(JsonArray? elements) => elements is null ? null : PlainJson.Sorted(elements);

    private JsonNode? Text() => Buffer() is { } bytes ? Utf16(bytes) : null;

    private static JsonNode? HexOrNull(byte[]? bytes) => bytes is null ? null : Hex.Format(bytes);

    private byte[]? Buffer()
    {
        var length = Int();
        return length == -1 ? null : Take(length).ToArray();
    }

    private int Int() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    private long Long() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > Left)
            throw new InvalidDataException("frame too short");
        _at += count;
        return _payload.Slice(_at - count, count);
    }

    /// <summary>UTF-8 that may carry surrogates as three bytes each, as Java writes characters beyond the basic plane.</summary>
    private static string Utf16(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune);
            }
            else if (bytes is [0xED, >= 0xA0 and <= 0xBF, >= 0x80 and <= 0xBF, ..])
            {
                text.Append((char)(0xD000 | ((bytes[1] & 0x3F) << 6) | (bytes[2] & 0x3F)));
                used = 3;
            }
            else
            {
                throw new InvalidDataException("not UTF-8: " + Hex.Format(bytes));
            }
            bytes = bytes[used..];
        }
        return text.ToString();
    }
}
