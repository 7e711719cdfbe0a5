using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Recipes;

/// <summary>
/// What makes a transaction of whoever holds something fail, and do nothing, once that is over: it begins with a check of the znode that stands
/// for it. Won with a contest, and good for ever after.
/// </summary>
/// <remarks>
/// The service carries a transaction out where it stands in the log, however long it was on its way and on whichever session it came. The next
/// turn comes when the znode of this one is gone, and no other znode ever gets its name. So what is written under the guards of one queue for
/// which only one has a turn stands in the order of their tokens, whatever clocks say and whoever is paused.
/// <para>Any version of the znode will do: who writes into it does not end its owner's turn.</para>
/// </remarks>
public sealed class Guard
{
    private readonly byte[] _path;

    internal Guard(byte[] path) => _path = path;

    /// <summary>Writes the beginning of a transaction's record; what is to be done under the guard follows.</summary>
    public void Begin(JuteWriter writer)
    {
#if MUTANTS
        if (Mutant.Is(Mutants.GuardForgotten))
            return;
#endif
        RequestRecord.Operation(writer, OpCode.Check);
        RequestRecord.Versioned(writer, _path, version: -1);
    }
}
