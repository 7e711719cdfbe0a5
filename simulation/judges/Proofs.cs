using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>What connections have proven by auth packets that were answered.</summary>
internal sealed class Proofs
{
    private readonly Dictionary<(int Client, int Connection), List<Proof>> _proofs = [];

    public IReadOnlyList<Proof> Of(int client, int connection) =>
        _proofs.Count > 0 && _proofs.TryGetValue((client, connection), out var proofs) ? proofs : AccessRules.Nobody;

    public void Returned(Operation operation)
    {
        if (operation.Request is not Request.Auth { Scheme: "digest" } auth || operation.Answer is not { Error: ErrorCode.Ok })
            return;
        var key = (operation.Client, operation.Connection);
        if (!_proofs.TryGetValue(key, out var proofs))
            _proofs[key] = proofs = [];
        proofs.Add(AccessRules.Digest(auth.Credentials));
    }
}
