using System.Globalization;
using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Simulation.Actors;

/// <summary>
/// Lets a recipe see a service whose counters began at another number than 0: close to 2³¹, so that they run over while it looks (S-48).
/// What the service says of sequential znodes gets higher numbers on its way in, and what the recipe says of them the true ones on its way
/// out.
/// </summary>
/// <param name="first">The number that the recipe sees for 0.</param>
internal sealed class Numbers(int first)
{
    private const int Digits = 10;

    /// <summary>The record of a request that begins with a path, or whose first operation does.</summary>
    public byte[] Outward(OpCode op, byte[] record)
    {
        if (first == 0)
            return record;
        var reader = new JuteReader(record);
        if (op == OpCode.Multi)
            MultiHeader.Read(ref reader);
        var header = record.AsSpan(..^reader.Rest.Length);
        var path = Encoding.UTF8.GetString(reader.NonNull());
        return [.. header, .. Text(Outward(path)), .. reader.Rest];
    }

    /// <summary>The body of a reply that names sequential znodes.</summary>
    public byte[] Inward(OpCode op, byte[] body)
    {
        if (first == 0 || body.Length == 0)
            return body;
        var reader = new JuteReader(body);
        if (op == OpCode.Create)
            return [.. Text(Inward(Encoding.UTF8.GetString(reader.NonNull())))];
        if (op != OpCode.GetChildren)
            return body;
        var arena = new Arena();
        var count = reader.Int();
        new JuteWriter(arena).Int(count);
        for (; count > 0; count--)
            new JuteWriter(arena).Raw(Text(Inward(Encoding.UTF8.GetString(reader.NonNull()))));
        return arena.Written.ToArray();
    }

    /// <summary>A path that an event names.</summary>
    public byte[] Inward(byte[] path) => first == 0 ? path : Encoding.UTF8.GetBytes(Inward(Encoding.UTF8.GetString(path)));

    /// <summary>A path as the service knows it.</summary>
    public string Outward(string path)
    {
        if (first == 0)
            return path;
        var prefix = path[..^Math.Min(Digits, path.Length)];
        // Behind a marker, which ends with - or _, a minus sign shows a number that has run over.
        var isNegative = path.Length > Digits + 1 && prefix[^1] == '-' && prefix[^2] is '-' or '_';
        var number = isNegative ? path[(prefix.Length - 1)..] : path[prefix.Length..];
        if (number[0] == '-' && !isNegative)
            isNegative = true;   // the sign and nine digits
        return int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seen)
            && (isNegative || number.All(char.IsAsciiDigit))
            ? path[..^number.Length] + unchecked(seen - first).ToString("D10", CultureInfo.InvariantCulture)
            : path;
    }

    private string Inward(string path)
    {
        var number = path[^Math.Min(Digits, path.Length)..];
        if (!number.All(char.IsAsciiDigit) || !int.TryParse(number, CultureInfo.InvariantCulture, out var given))
            return path;
        var seen = unchecked(given + first);
        return path[..^Digits] + seen.ToString(seen < 0 ? "D9" : "D10", CultureInfo.InvariantCulture);
    }

    private static byte[] Text(string text)
    {
        var arena = new Arena();
        new JuteWriter(arena).Buffer(Encoding.UTF8.GetBytes(text));
        return arena.Written.ToArray();
    }
}
