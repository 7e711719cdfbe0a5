using Quorate.Kernel.Ground;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>
/// What holders write into the tree itself, under the guard of their turn: nothing of it takes effect once the znode is gone that stands for the
/// turn; and where only one holds at a time, the tokens that are written never go back, in the order of zxids.
/// </summary>
/// <remarks>
/// It is judged along the log, in every world: neither clocks nor pauses excuse anything here. What is written says whose it is
/// (<see cref="GuardedWrite"/>), so that it does not matter how, when and in which session it came.
/// </remarks>
/// <param name="canon">The sequence.</param>
internal sealed class GuardedWrites(Canon canon) : CanonJudge(canon)
{
    private sealed class Resource
    {
        public required bool IsOrdered { get; init; }
        public GuardedWrite Newest { get; set; }
    }

    private readonly SortedDictionary<string, Resource> _resources = new(StringComparer.Ordinal);
    private int _facts;

    /// <summary>How many have taken effect.</summary>
    public long Done { get; private set; }

    /// <summary>How many reached the log when their turn was over, and did nothing.</summary>
    public long Refused { get; private set; }

    /// <summary>Holders write into a znode from now on.</summary>
    /// <param name="path">Which.</param>
    /// <param name="isOrdered">Whether only one of them holds at a time.</param>
    public void Watch(string path, bool isOrdered) => _resources.Add(path, new() { IsOrdered = isOrdered });

    internal override void Happened(CanonEntry entry)
    {
        var done = Done;
        for (var facts = Canon.Model.Facts; _facts < facts.Length; _facts++)
            if (facts[_facts] is { Kind: not FactKind.Deleted } fact && _resources.TryGetValue(fact.Path, out var resource)
                && GuardedWrite.Read(Canon.Model.Find(fact.Path, fact.Zxid)?.Data) is { } write)
                Judge(entry, write, resource);
        if (done == Done && entry is { TookEffect: true, Request: Request.Multi multi })
            Refused += multi.Parts.OfType<Request.SetData>().Count(part => IsTooLate(part, entry));
    }

    private void Judge(CanonEntry entry, GuardedWrite write, Resource resource)
    {
        Done++;
        if (!WasThere(write.Znode, entry.Zxid))
            Accuse($"{entry} has written with token {write.Token}, and {write.Znode}, which stood for its turn, was gone.");
        else if (resource.IsOrdered && write.Token < resource.Newest.Token)
            Accuse($"{entry} has written with token {write.Token} of {write.Znode}, after a write with the newer token " +
                $"{resource.Newest.Token} of {resource.Newest.Znode}.");
        if (write.Token >= resource.Newest.Token)
            resource.Newest = write;
    }

    private bool IsTooLate(Request.SetData part, CanonEntry entry) =>
        _resources.ContainsKey(part.Path) && GuardedWrite.Read(part.Data) is { } write && !WasThere(write.Znode, entry.Zxid);

    /// <summary>Whether a znode was there when a transaction came that may itself have deleted it.</summary>
    private bool WasThere(string znode, Zxid zxid) => Canon.Model.Find(znode, new(zxid.Value - 1)) is not null;
}
