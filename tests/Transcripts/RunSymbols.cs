using System.Buffers.Binary;
using System.Globalization;

namespace Quorate.Tests.Transcripts;

/// <summary>
/// What the symbols of a transcript stand for in this run: zxids as distances from <see cref="Base"/>, sessions and passwords by the order
/// in which the server issued them, times by the transaction that made them.
/// </summary>
internal sealed class RunSymbols(long baseZxid)
{
    private readonly List<long> _sessions = [];
    private readonly List<byte[]?> _passwords = [];
    private readonly Dictionary<string, long> _times = [];

    /// <summary>The zxid of the closeSession that ended the preparation.</summary>
    public long Base { get; } = baseZxid;

    /// <summary>The sessions that were granted, with what reattaches them.</summary>
    public IEnumerable<(long Session, byte[] Password)> Granted =>
        _sessions.Zip(_passwords).Where(pair => pair.Second is not null).Select(pair => (pair.First, pair.Second!));

    /// <summary>The bytes that a symbol of a request stands for.</summary>
    public byte[] Value(string symbol) => symbol[0] switch
    {
        'S' => Big(_sessions[Index(symbol)]),
        'P' => _passwords[Index(symbol)] ?? throw new InvalidDataException($"{symbol} has not been issued"),
        'Z' => Big(Base + Index(symbol)),
        _ => throw new InvalidDataException($"unknown symbol {symbol}"),
    };

    public string Zxid(long value) => string.Create(CultureInfo.InvariantCulture, $"Z{value - Base:+0;-0;+0}");

    /// <summary>The name of a session id that a ConnectResponse carried, a new one if it has not been seen.</summary>
    public string Issued(long session)
    {
        if (!_sessions.Contains(session))
        {
            _sessions.Add(session);
            _passwords.Add(null);
        }
        return Session(session);
    }

    public string Session(long session) => _sessions.IndexOf(session) is var at and >= 0 ? $"S{at}" : "S?";

    /// <summary>The name of a session's password; the first one seen is the right one.</summary>
    public string Password(long session, byte[] password)
    {
        var at = _sessions.IndexOf(session);
        _passwords[at] ??= password;
        return password.AsSpan().SequenceEqual(_passwords[at]) ? $"P{at}" : "P?";
    }

    /// <summary>The name of a time: everything one transaction stamped must carry the same time, near the clock's.</summary>
    public string Time(string zxid, long milliseconds, DateTimeOffset clock)
    {
        if (Math.Abs(milliseconds - clock.ToUnixTimeMilliseconds()) > TimeSpan.FromDays(1).TotalMilliseconds)
            return "T?implausible";
        _times.TryAdd(zxid, milliseconds);
        return _times[zxid] == milliseconds ? $"T({zxid})" : $"T?differs-within-{zxid}";
    }

    private static int Index(string symbol) => int.Parse(symbol.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static byte[] Big(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}
