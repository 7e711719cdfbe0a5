using System.Text;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Clients;

/// <summary>A client's effects in words, so that a test can say in one line what it expects.</summary>
internal static class Spoken
{
    public static IEnumerable<string> Of(ClientEffects effects)
    {
        for (var i = 0; i < effects.Count; i++)
            foreach (var line in Of(effects[i], effects.Bytes(effects[i]).ToArray()))
                yield return line;
    }

    /// <summary>The frames of what was sent, without their lengths.</summary>
    public static IEnumerable<byte[]> Frames(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
            yield return bytes.AsSpan(at + sizeof(int), length).ToArray();
            at += sizeof(int) + length;
        }
    }

    /// <summary>A record written by <paramref name="write"/>.</summary>
    public static byte[] Record(Action<JuteWriter> write) => Front.Ask.Bytes(write);

    private static IEnumerable<string> Of(ClientEffect effect, byte[] bytes) => effect.Kind switch
    {
        ClientEffectKind.Connect => [$"connect {effect.Subject} to {effect.Server}"],
        ClientEffectKind.HangUp => [$"hang up {effect.Subject}"],
        ClientEffectKind.Send => Frames(bytes).Select(frame => $"send {effect.Subject}: {Frame(frame)}"),
        ClientEffectKind.State => [$"{effect.State}"],
        ClientEffectKind.Event => [$"{effect.Event} {Encoding.UTF8.GetString(bytes)} for {effect.Watches}"],
        _ => [$"done {effect.Subject}: {effect.Op} {effect.Fate} {effect.Error}"],
    };

    private static string Frame(byte[] frame)
    {
        RequestHeader.TryRead(frame, out var header, out var record);
        return header switch
        {
            { Xid: ProtocolVersion.ConfirmedPongs } => Connect(frame),
            { Op: OpCode.SetWatches2 } => Rearm(record),
            { Op: OpCode.Ping or OpCode.CloseSession or OpCode.WhoAmI } => $"{header.Xid} {header.Op}",
            { Op: OpCode.Auth } => $"{header.Xid} Auth {Credentials(record)}",
            _ => $"{header.Xid} {header.Op} {Path(record)}",
        };
    }

    private static string Connect(byte[] frame)
    {
        Assert.True(ConnectRequest.TryRead(frame, out var request));
        return $"session {request.Session} zxid {request.LastZxidSeen} timeout {request.TimeoutMilliseconds} password {request.Password[0]}";
    }

    private static string Path(ReadOnlySpan<byte> record) => Encoding.UTF8.GetString(new JuteReader(record).Buffer(out _));

    private static string Credentials(ReadOnlySpan<byte> record)
    {
        var reader = new JuteReader(record);
        return Encoding.UTF8.GetString(AuthRequest.Read(ref reader).Credentials);
    }

    private static string Rearm(ReadOnlySpan<byte> record)
    {
        var reader = new JuteReader(record);
        var request = SetWatchesRequest.Read(ref reader, OpCode.SetWatches2);
        Assert.False(reader.Failed);
        Assert.True(reader.Rest.IsEmpty);
        return $"rearm since {request.RelativeZxid} data [{List(request.Data)}] exist [{List(request.Exist)}] child [{List(request.Child)}] " +
            $"persistent [{List(request.Persistent)}] recursive [{List(request.Recursive)}]";
    }

    private static string List(PathList paths)
    {
        var list = new List<string>();
        foreach (var path in paths)
            list.Add(Encoding.UTF8.GetString(path));
        return string.Join(' ', list);
    }
}
