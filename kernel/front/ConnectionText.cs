using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>How much of a connection a word shows.</summary>
internal enum ConnectionForm : byte
{
    /// <summary>stat: where from, and how much.</summary>
    Short,
    /// <summary>cons: everything.</summary>
    Full,
    /// <summary>dump: where from, and whose.</summary>
    Owner,
}

/// <summary>One connection as one line of text, without its end.</summary>
internal static class ConnectionText
{
    /// <summary>Writes the line.</summary>
    public static void Write(AdminText text, in ConnectionView connection, ConnectionForm form, Moment now)
    {
        if (form == ConnectionForm.Owner)
        {
            text.Add("ip: /"u8).Add(connection.Endpoint).Add(" sessionId: 0x"u8).Hex(connection.Session.Value);
            return;
        }
        text.Add(" /"u8).Add(connection.Endpoint).Add(connection.IsHeld ? "[0]("u8 : "[1]("u8);
        text.Add("queued="u8).Add(connection.Outstanding);
        text.Add(",recved="u8).Add(connection.PacketsReceived);
        text.Add(",sent="u8).Add(connection.PacketsSent);
        if (form == ConnectionForm.Full && connection.Session != SessionId.None)
            WriteSession(text, connection, now);
        text.Add(")"u8);
    }

    private static void WriteSession(AdminText text, in ConnectionView connection, Moment now)
    {
        text.Add(",sid=0x"u8).Hex(connection.Session.Value);
        text.Add(",lop="u8).Add(Abbreviation(connection.LastOperation));
        text.Add(",est="u8).Add(connection.Established.Milliseconds);
        text.Add(",to="u8).Add(connection.TimeoutMilliseconds);
        if (connection.LastXid >= 0)
            text.Add(",lcxid=0x"u8).Hex(connection.LastXid);
        text.Add(",lzxid=0x"u8).Hex(connection.LastZxid.Value);
        text.Add(",lresp="u8).Add(connection.LastResponse.Ticks / TimeSpan.TicksPerMillisecond);
        text.Add(",llat="u8).Add(connection.LastLatency);
        text.Add(",minlat="u8).Add(connection.MinLatency);
        text.Add(",avglat="u8).Add(connection.AverageLatency);
        text.Add(",maxlat="u8).Add(connection.MaxLatency);
    }

    /// <summary>ZooKeeper's short names; create in all its kinds is one.</summary>
    private static ReadOnlySpan<byte> Abbreviation(OpCode operation) => operation switch
    {
        OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl => "CREA"u8,
        OpCode.Delete or OpCode.DeleteContainer => "DELE"u8,
        OpCode.Exists => "EXIS"u8,
        OpCode.GetData => "GETD"u8,
        OpCode.SetData => "SETD"u8,
        OpCode.GetAcl => "GETA"u8,
        OpCode.SetAcl => "SETA"u8,
        OpCode.GetChildren or OpCode.GetChildren2 => "GETC"u8,
        OpCode.GetAllChildrenNumber => "GETACN"u8,
        OpCode.GetEphemerals => "GETE"u8,
        OpCode.Sync => "SYNC"u8,
        OpCode.Ping => "PING"u8,
        OpCode.Check => "CHEC"u8,
        OpCode.Multi => "MULT"u8,
        OpCode.MultiRead => "MLTR"u8,
        OpCode.Reconfig => "RECO"u8,
        OpCode.CheckWatches => "CHKW"u8,
        OpCode.RemoveWatches => "REMW"u8,
        OpCode.SetWatches => "SETW"u8,
        OpCode.SetWatches2 => "STW2"u8,
        OpCode.AddWatch => "ADDW"u8,
        OpCode.WhoAmI => "HOMI"u8,
        OpCode.Auth => "AUTH"u8,
        OpCode.Sasl => "SASL"u8,
        OpCode.CreateSession => "SESS"u8,
        OpCode.CloseSession => "CLOS"u8,
        _ => "NA"u8,
    };
}
