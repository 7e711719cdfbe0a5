using System.Globalization;
using System.Text;

namespace Quorate.Kernel.Importing;

/// <summary>Recounts what every quota is measured against, as a server does when it loads its data.</summary>
/// <remarks>Stats znodes change in place, without a transaction, so neither the log nor a fuzzy snapshot has their true content.</remarks>
internal static class QuotaStats
{
    private static ReadOnlySpan<byte> Root => "/zookeeper/quota"u8;
    private static ReadOnlySpan<byte> Limits => "/zookeeper_limits"u8;

    /// <summary>Rewrites the stats beside every limits znode.</summary>
    public static void Recompute(ImportedTree tree)
    {
        if (tree.Find(Root) is not { } root)
            return;
        for (var node = Next(root, root); node is not null; node = Next(node, root))
            if (node.FirstChild is null && node.Path.Span.EndsWith(Limits))
                Recount(tree, node.Path.Span[..^Limits.Length]);
    }

    private static void Recount(ImportedTree tree, ReadOnlySpan<byte> quota)
    {
        if (tree.Find([.. quota, .. "/zookeeper_stats"u8]) is not { } stats)
            return;
        var (count, bytes) = (0L, 0L);
        var top = tree.Find(quota[Root.Length..]);
        for (var node = top; node is not null; node = Next(node, top!))
        {
            count++;
            bytes += node.Data.Length;
        }
        stats.Data = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"count={count},bytes={bytes}"));
        stats.DataIsNull = false;
        tree.Changed(stats);
    }

    /// <summary>The znode after <paramref name="node"/> in a walk over everything below <paramref name="top"/>.</summary>
    private static ImportedNode? Next(ImportedNode node, ImportedNode top)
    {
        if (node.FirstChild is { } child)
            return child;
        while (node != top && node.NextSibling is null)
            node = node.Parent!;
        return node == top ? null : node.NextSibling;
    }
}
