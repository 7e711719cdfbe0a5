using Quorate.Kernel.Ground;

namespace ChaosTests;

/// <summary>What there is to run; in production a database, in the tests a resource of the simulated world.</summary>
internal interface IBatches
{
    /// <summary>Runs the next batch; whoever keeps the books refuses it when they have seen a newer token.</summary>
    void RunOne(Zxid token, bool mayRun);
}
