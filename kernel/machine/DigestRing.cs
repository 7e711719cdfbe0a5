namespace Quorate.Kernel.Machines;

/// <summary>The digests of some recent states, by the index of the entry that led to each: what members compare (design §5).</summary>
internal sealed class DigestRing
{
    /// <summary>Every so many entries a state is noted: on all members after the same ones.</summary>
    public const int Interval = 64;

    private readonly (LogIndex Index, Digest Digest)[] _noted = new (LogIndex, Digest)[64];

    /// <summary>The newest one.</summary>
    public (LogIndex Index, Digest Digest) Newest { get; private set; }

    /// <summary>Whether the state after an entry is to be noted.</summary>
    public static bool Wants(LogIndex index) => index.Value % Interval == 0;

    /// <summary>Notes a state.</summary>
    public void Note(LogIndex index, Digest digest) => _noted[Slot(index)] = Newest = (index, digest);

    /// <summary>The digest after an entry, if it is still known.</summary>
    public bool TryFind(LogIndex index, out Digest digest)
    {
        var (known, found) = _noted[Slot(index)];
        digest = found;
        return known == index && index != LogIndex.Zero;
    }

    private int Slot(LogIndex index) => (int)(index.Value / Interval % (ulong)_noted.Length);
}
