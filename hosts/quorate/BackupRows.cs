using System.Globalization;
using Quorate.Kernel;

namespace Quorate.Cli;

/// <summary>Tells a person what a backup holds.</summary>
internal static class BackupRows
{
    public static void Write(BackupSummary it)
    {
        Rows.Write("taken", $"{Rows.Time(it.Taken.Milliseconds)}, {(it.Member.Value == 0 ? "of a member that does not know its id" : $"of member {it.Member}")}");
        Rows.Write("ensemble", $"{Rows.Hex(it.Ensemble)}, members {it.Members}");
        Rows.Write("holds", it.IsConfirmed
            ? $"the log up to entry {it.Index}, term {it.Term}: everything that had been acknowledged"
            : $"the log up to entry {it.Index}, term {it.Term}: what that one member had, acknowledged or not");
        if (it.IsConvalescent)
            Rows.Write("", "that member knew that it lacked something which it had once acknowledged");
        Rows.Write("last zxid", it.Zxid.ToString());
        Rows.Write("znodes", it.Znodes.ToString(CultureInfo.InvariantCulture));
        Rows.Write("sessions", $"{it.Sessions}, with {Rows.Count(it.Ephemerals, "ephemeral")}");
        Rows.Write("digest", it.Digest.ToString());
        Rows.Write("size", Rows.Count(it.Bytes, "byte"));
    }
}
