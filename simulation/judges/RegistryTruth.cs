using Quorate.Kernel.Ground;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>
/// Who believes that it is registered is, by a znode of its own session, which the newest answer that it had can show; and in the end all
/// who live are registered, whatever happened to their znodes and sessions (S-56, S-58).
/// </summary>
/// <param name="canon">The sequence.</param>
internal sealed class RegistryTruth(Canon canon) : CanonJudge(canon)
{
    private readonly SortedDictionary<string, Func<SessionId?>> _registrants = new(StringComparer.Ordinal);

    /// <summary>Somebody wants to be found at a path from now on, and says in which session it lives; nothing while it does not.</summary>
    public void Lives(string path, Func<SessionId?> session) => _registrants[path] = session;

    /// <summary>Somebody believes from now on that it is registered.</summary>
    /// <param name="path">Where.</param>
    /// <param name="session">Its session.</param>
    /// <param name="seen">The zxid of the answer on which it believes so.</param>
    public void Believes(string path, SessionId session, Zxid seen)
    {
        if (Canon.Model.Find(path, seen)?.Owner is var owner && owner != session)
            Accuse($"{path} is believed to be registered in session {session}, " +
                $"and at zxid {seen} it was {(owner is { } other ? $"that of session {other}" : "not there")}.");
    }

    /// <inheritdoc/>
    public override void Closing(TrueTime now)
    {
        foreach (var (path, session) in _registrants)
            if (session() is { } living && Canon.Model.Find(path, Canon.Model.Zxid)?.Owner is var owner && owner != living)
                Accuse($"{path} is not registered at the end: its registrant lives in session {living}, " +
                    $"and the znode is {(owner is { } other ? $"that of session {other}" : "gone")}.");
    }
}
