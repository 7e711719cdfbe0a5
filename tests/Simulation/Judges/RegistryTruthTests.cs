using Quorate.Kernel.Ground;
using Quorate.Simulation.Judges;
using static Quorate.Tests.Simulations.Judges.Requests;

namespace Quorate.Tests.Simulations.Judges;

/// <summary>Who believes that it is registered, on histories made by hand: true ones, and each with the one thing in it that must not be.</summary>
public class RegistryTruthTests
{
    private const string Path = "/services-a";

    private const int Ephemeral = 1;

    private readonly Stage _stage = new();
    private readonly Player _registrant;

    public RegistryTruthTests() => _registrant = _stage.Enter(1);

    private RegistryTruth Judge => _stage.Jury.Registry;

    [Fact]
    public void Who_is_registered_may_believe_it_and_is_found_at_the_end()
    {
        Live(_registrant);
        _registrant.Write(Create(Path, flags: Ephemeral));
        Believe(_registrant);
        Assert.Null(_stage.Close());
    }

    [Fact]
    public void Who_was_registered_as_far_as_it_has_seen_may_believe_it()
    {
        _registrant.Write(Create(Path, flags: Ephemeral));
        var seen = _stage.Head;
        _stage.Enter(2).Write(Delete(Path));
        Believe(_registrant, seen);
        Assert.Null(Judge.Finding);
    }

    [Fact]
    public void Who_does_not_live_need_not_be_registered()
    {
        Judge.Lives(Path, () => null);
        Assert.Null(_stage.Close());
    }

    [Fact]
    public void Who_believes_in_a_znode_that_was_deleted_is_found()
    {
        _registrant.Write(Create(Path, flags: Ephemeral));
        _stage.Enter(2).Write(Delete(Path));
        Believe(_registrant);
        Assert.EndsWith("it was not there.", Judge.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void S56_who_believes_in_the_znode_of_another_session_is_found()
    {
        var before = _stage.Enter(2);
        before.Write(Create(Path, flags: Ephemeral));
        Believe(_registrant);
        Assert.EndsWith($"it was that of session {before.Session}.", Judge.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void S58_who_lives_and_is_not_registered_at_the_end_is_found()
    {
        var session = _registrant.Session;
        Judge.Lives(Path, () => session);
        _registrant.Write(Create(Path, flags: Ephemeral));
        Believe(_registrant);
        _stage.Pass(10 * Stage.TimeoutMilliseconds);
        _stage.Expire(_registrant);
        session = _stage.Enter(2).Session;
        Judge.Closing(_stage.Now);
        Assert.EndsWith("the znode is gone.", Judge.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void And_so_is_who_is_registered_at_the_end_in_a_session_that_is_not_its_own()
    {
        Live(_registrant);
        var other = _stage.Enter(2);
        other.Write(Create(Path, flags: Ephemeral));
        Judge.Closing(_stage.Now);
        Assert.EndsWith($"the znode is that of session {other.Session}.", Judge.Finding, StringComparison.Ordinal);
    }

    private void Live(Player player) => Judge.Lives(Path, () => player.Session);

    private void Believe(Player player, Zxid? seen = null) => Judge.Believes(Path, player.Session, seen ?? _stage.Head);
}
