using Quorate.Kernel.Fronts;

namespace Quorate.Kernel;

/// <summary>Reads that are ready: answered between steps, while nothing changes, by any number of threads (design §7.3).</summary>
public sealed partial class Server
{
    private bool _sharesAreSpent;

    /// <summary>How many reads are ready. The state is frozen until the next step.</summary>
    public int ReadyReads => _front?.ReadyReads ?? 0;

    /// <summary>Answers one of the ready reads. Pure: changes nothing but <paramref name="reply"/>.</summary>
    /// <param name="read">0 to <see cref="ReadyReads"/> − 1, each exactly once.</param>
    /// <param name="reply">Takes the answer; each thread has its own. Its owner clears it after <see cref="FinishReads"/>.</param>
    public void Answer(int read, ReplyWriter reply) => _front!.Answer(read, reply);

    /// <summary>Sends the answers and arms their watches, in read order, then goes on applying what waited for them.</summary>
    /// <param name="answered">How many have been answered, from the first on; the others stay ready.</param>
    /// <param name="effects">Takes the replies.</param>
    public void FinishReads(int answered, Effects effects)
    {
        if (_front is null || State is ServerState.Failed)
            return;
        if (_sharesAreSpent)
        {
            _sharesAreSpent = false;
            _front.ShareAnew(_now, effects);
        }
        _front.FinishReads(answered, _now, effects);
        Advance(effects);
    }
}
