using System.Globalization;
using System.Text;
using Quorate.Kernel.Ground;

namespace Quorate.Simulation;

/// <summary>What a holder writes into the znode beside its queue: by virtue of which turn it does.</summary>
/// <param name="Token">Its fencing token.</param>
/// <param name="Znode">The znode that stands for its turn.</param>
internal readonly record struct GuardedWrite(Zxid Token, string Znode)
{
    /// <summary>As data of a znode.</summary>
    public byte[] Data => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Token.Value:x} {Znode}"));

    /// <summary>Reads it from data; null when it is something else.</summary>
    public static GuardedWrite? Read(byte[]? data) =>
        data is not null && Encoding.UTF8.GetString(data).Split(' ') is [var token, var znode]
            && long.TryParse(token, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value)
            ? new(new(value), znode)
            : null;
}
