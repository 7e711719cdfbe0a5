using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Simulation.Actors;

/// <summary>The session of an actor that shares no code with the shipped client: how it asks for it, and what it is told.</summary>
internal sealed class SpokenSession(IActorPorts ports, ClientPlan plan)
{
    private readonly byte[] _password = new byte[ConnectResponse.PasswordLength];

    /// <summary>Its id; 0 before it is opened.</summary>
    public long Id { get; private set; }

    /// <summary>The timeout that was granted, in milliseconds.</summary>
    public int Timeout { get; private set; }

    /// <summary>Connects to any member and asks for the session, or for the first one.</summary>
    /// <param name="seen">The newest zxid that the actor has seen.</param>
    /// <param name="arena">Where the frame is written.</param>
    /// <param name="timeout">The timeout to ask for; null for that of the plan.</param>
    public void Ask(long seen, Arena arena, TimeSpan? timeout = null)
    {
        ports.Connect(ports.Members[(int)ports.Dice.Below((ulong)ports.Members.Count)]);
        arena.Clear();
        var writer = new JuteWriter(arena);
        var frame = writer.BeginFrame();
        writer.Int(0);
        writer.Long(seen);
        writer.Int((int)(timeout ?? plan.Session).TotalMilliseconds);
        writer.Long(Id);
        writer.Buffer(_password);
        writer.EndFrame(frame);
        ports.Send(arena.Written);
    }

    /// <summary>
    /// Takes the answer. False when the session has ended: the connection is closed, and the next request is for a new one.
    /// </summary>
    public bool IsGranted(ReadOnlySpan<byte> frame)
    {
        var reader = new JuteReader(frame);
        reader.Int();
        Timeout = reader.Int();
        Id = reader.Long();
        reader.Buffer(out _).CopyTo(_password);
        if (Id == 0)
            ports.Close();
        return Id != 0;
    }
}
