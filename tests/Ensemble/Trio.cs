using Quorate.Hosts.Memory;
using Quorate.Kernel;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Ensembles;

/// <summary>Three members in this process and in virtual time: whole servers, whose links, disks and processes the test breaks.</summary>
internal sealed class Trio : IDisposable
{
    private readonly ManualTime _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public Trio(Limits? limits = null, Settings? settings = null, int members = 3, ulong seed = 1)
    {
        var options = new MemoryOptions { Time = _time, Seed = seed };
        Ensemble = MemoryEnsemble.Start(options with { Limits = limits ?? options.Limits, Settings = settings ?? options.Settings }, members);
    }

    public MemoryEnsemble Ensemble { get; }

    public IReadOnlyList<MemoryMember> Members => Ensemble.Members;

    public MemoryMember Leader => Ensemble.Leader ?? throw new InvalidOperationException("Nobody leads.");

    public MemoryMember Follower => Members.First(member => !member.IsDown && member != Leader);

    public MemoryMember OtherFollower => Members.Last(member => !member.IsDown && member != Leader);

    /// <summary>Lets time pass until something is so; a test that waits for what never comes fails here.</summary>
    public void Until(Func<bool> isSo, int seconds = 30)
    {
        for (var waited = 0; !isSo(); waited++)
        {
            Assert.True(waited < seconds * 100, "It did not come about.");
            Ensemble.Advance(TimeSpan.FromMilliseconds(10));
        }
    }

    public void Advance(TimeSpan span) => Ensemble.Advance(span);

    /// <summary>A client with a session of its own at a member.</summary>
    public MemoryClient Connect(MemoryMember member, int timeout = 10_000) => new(this, member, timeout);

    /// <summary>All members are up, follow one leader and hold the same.</summary>
    public bool Agree() => Members.All(member => member.State is ServerState.Serving) && Members.Count(member => member.Leads) == 1 &&
        Members.Select(member => member.Server.Machine.Zxid).Distinct().Count() == 1 && Members.Select(member => member.Server.Machine.Digest).Distinct().Count() == 1;

    public void Dispose() => Ensemble.Dispose();
}
