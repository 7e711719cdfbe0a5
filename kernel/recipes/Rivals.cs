using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Recipes;

/// <summary>Those in the way, nearest first, and which of them are watched: as many as there are places, and no more.</summary>
/// <remarks>
/// It is one's turn when fewer than the places are in the way. So as long as all of the nearest that many are there it is not, and when one
/// of them goes it is time to look again: nobody watches more than that, and nobody's going wakes more than that. With one place it is
/// the predecessor alone.
/// </remarks>
internal sealed class Rivals(Discipline discipline)
{
    private Rival[] _nearest = [];

    /// <summary>How many are in the way, counted up to the number of places.</summary>
    public int Count => _nearest.Length;

#if MUTANTS
    public bool LetPass => _nearest.Length < discipline.Places + (Mutant.Is(Mutants.OnePlaceTooMany) && discipline.Places > 1 ? 1 : 0);
#else
    public bool LetPass => _nearest.Length < discipline.Places;
#endif

    public ref Rival this[int position] => ref _nearest[position];

    public struct Rival
    {
        public byte[] Name;
        public int Number;
        /// <summary>The read that sets the watch, while it is not answered.</summary>
        public ulong Asked;
        public bool IsWatched;
    }

    /// <summary>Takes a new list of the queue; false when one's own znode is not in it.</summary>
    public bool Take(PathList queue, ReadOnlySpan<byte> own)
    {
        if (!Discipline.TryNumber(own, discipline.Marker, out var number))
            return false;
        var isThere = false;
        var nearest = new Rival[Math.Min(discipline.Places, queue.Count)];
#if MUTANTS
        if (Mutant.Is(Mutants.EverybodyWatched))
            nearest = new Rival[queue.Count];
        if (Mutant.Is(Mutants.OnePlaceTooMany) && discipline.Places > 1)
            nearest = new Rival[Math.Min(discipline.Places + 1, queue.Count)];
#endif
        var count = 0;
        foreach (var name in queue)
        {
            if (name.SequenceEqual(own))
                isThere = true;
            else if (discipline.TryNumberOfRival(name, out var theirs) && Discipline.IsEarlier(theirs, number))
                Insert(nearest, ref count, name, theirs);
        }
        Array.Resize(ref nearest, count);
        for (var i = 0; i < count; i++)
            if (Find(nearest[i].Name) is var known and >= 0)
                nearest[i] = _nearest[known];
        _nearest = nearest;
        return isThere;
    }

    public void Clear() => _nearest = [];

    public int Find(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < _nearest.Length; i++)
            if (_nearest[i].Name.AsSpan().SequenceEqual(name))
                return i;
        return -1;
    }

    public int FindAsked(ulong ticket)
    {
        for (var i = 0; i < _nearest.Length; i++)
            if (_nearest[i].Asked == ticket)
                return i;
        return -1;
    }

    /// <summary>Keeps those with the latest numbers, latest first.</summary>
    private static void Insert(Rival[] nearest, ref int count, ReadOnlySpan<byte> name, int number)
    {
        var at = count;
        while (at > 0 && Discipline.IsEarlier(nearest[at - 1].Number, number))
            at--;
        if (at == nearest.Length)
            return;
        count = Math.Min(count + 1, nearest.Length);
        Array.Copy(nearest, at, nearest, at + 1, count - at - 1);
        nearest[at] = new() { Name = name.ToArray(), Number = number };
    }
}
