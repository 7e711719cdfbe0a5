using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>One entry of the log, decoded: what was asked and how the members answered it.</summary>
internal sealed class CanonEntry
{
    public required LogIndex Index { get; init; }
    public required Term Term { get; init; }
    public WallTime Time { get; init; }
    public required CommandKind Kind { get; init; }
    public ServerId Origin { get; init; }
    public Rules Rules { get; init; }
    public SessionId Session { get; init; }
    public uint Attachment { get; init; }
    public ulong Sequence { get; init; }
    public IReadOnlyList<Proof> Proofs { get; init; } = AccessRules.Nobody;

    /// <summary>What a client asked; null when it is no client's request.</summary>
    public Request? Request { get; init; }

    /// <summary>Of <see cref="CommandKind.DeleteContainer"/>: which znode.</summary>
    public string Path { get; init; } = "";

    /// <summary>Of <see cref="CommandKind.Level"/>: the bounds.</summary>
    public Level Level { get; init; }

    /// <summary>Of an opened or attached session: the negotiated timeout.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>How the members answered; null when it did not have its turn.</summary>
    public ErrorCode? Answer { get; init; }

    /// <summary>The last zxid taken, after it.</summary>
    public required Zxid Zxid { get; init; }

    /// <summary>What the model would answer; null when it has no opinion. Known once the entry is part of the canon.</summary>
    public Answer? Expected { get; set; }

    /// <summary>Whether it is a client's request that changed something, or was refused for what it asked.</summary>
    public bool TookEffect =>
        Request is not null && Answer is not (null or ErrorCode.SessionExpired or ErrorCode.SessionMoved);

    /// <summary>Decodes an entry as a member reports it.</summary>
    /// <param name="applied">The entry.</param>
    /// <param name="proofs">What <see cref="ProofsOf"/> makes of its identities.</param>
    public static CanonEntry Of(in AppliedEntry applied, IReadOnlyList<Proof> proofs)
    {
        var command = applied.Command;
        var isSession = command.Kind is CommandKind.CreateSession or CommandKind.Attach;
        return new()
        {
            Index = applied.Index,
            Term = applied.Term,
            Time = applied.Time,
            Kind = command.Kind,
            Origin = command.Origin,
            Rules = command.Rules,
            Session = command.Kind == CommandKind.CreateSession ? new(applied.Zxid.Value) : command.Session,
            Attachment = command.Attachment,
            Sequence = command.Sequence,
            Proofs = proofs,
            Request = command.Kind switch
            {
                CommandKind.Write => RequestReader.Read(command.Op, command.Body),
                CommandKind.CloseSession => new Request.Plain(OpCode.CloseSession),
                _ => null,
            },
            Path = command.Kind == CommandKind.DeleteContainer ? RequestReader.Text(command.Body) : "",
            Level = command.Kind == CommandKind.Level ? Level.Read(command.Body) : default,
            Timeout = isSession ? TimeSpan.FromMilliseconds(SessionCommand.Read(command.Body).TimeoutMilliseconds) : default,
            Answer = applied.Answer,
            Zxid = applied.Zxid,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => $"entry {Index} ({Request?.ToString() ?? Kind.ToString()}, session {Session}, zxid {Zxid})";

    /// <summary>Decodes what whoever asked had proven.</summary>
    public static List<Proof> ProofsOf(ReadOnlySpan<byte> identities)
    {
        var proofs = new List<Proof>();
        foreach (var identity in new Identities(identities))
            proofs.Add(new(RequestReader.Text(identity.Scheme), RequestReader.Text(identity.Id)));
        return proofs;
    }
}
