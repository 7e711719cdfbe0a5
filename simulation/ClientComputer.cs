using Quorate.Simulation.Net;
using Quorate.Simulation.Times;

namespace Quorate.Simulation;

/// <summary>A computer that is no member's: clients run on it. It loses power and gets it back, and then begins anew.</summary>
internal abstract class ClientComputer(World world, string name, int node, DriftingClock clock) : Computer(world, name, node, clock)
{
    private int _holds;

    /// <summary>Whether what runs on it has nothing left to do.</summary>
    public abstract bool IsFinished { get; }

    /// <summary>The member at the other end of its newest connection.</summary>
    public abstract MemberComputer? Server { get; }

    /// <summary>A connection that was asked for stands.</summary>
    public abstract void Connected(ClientLink link);

    /// <summary>More of a connection's stream.</summary>
    public abstract void Received(ClientLink link, Bytes bytes);

    /// <summary>A connection could not be made, or is gone.</summary>
    public abstract void Closed(ClientLink link);

    /// <summary>The storm is over.</summary>
    public abstract void Finish();

    /// <summary>What runs on it is made, with nothing known of what ran before.</summary>
    protected abstract void Load();

    /// <summary>What ran on it is no more.</summary>
    protected abstract void Unload();

    public void Start()
    {
        if (IsUp || _holds > 0)
            return;
        Load();
        Begin();
    }

    /// <summary>The computer loses power until <see cref="LetUp"/>.</summary>
    public void PutDown()
    {
        _holds++;
        if (!IsUp)
            return;
        World.Counts.Fired(FaultClass.ClientCrash);
        SwitchOff();
    }

    public void LetUp()
    {
        _holds--;
        Start();
    }

    /// <summary>The computer is off.</summary>
    protected void SwitchOff()
    {
        End(powered: false);
        World.Network.Ended(this);
        Unload();
    }
}
