using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Recipes;
using Quorate.Kernel.Wire;
using Fate = Quorate.Kernel.Clients.Fate;

namespace Quorate.Simulation.Actors;

/// <summary>
/// Writes into the tree itself what somebody does who holds something: into a znode beside the queue, by transactions under the guard of the
/// turn. Some are sent long after they were decided; and what was not answered is sent again, in the next session if need be.
/// </summary>
/// <remarks>Once it is decided nothing is looked at any more, neither fence nor session: whether it may still be done is for the guard to say.</remarks>
/// <param name="path">The znode.</param>
/// <param name="think">About how long it takes until something is sent again.</param>
/// <param name="ports">What it acts through.</param>
/// <param name="ask">Sends a request under a number in whatever session there is.</param>
internal sealed class Scribe(string path, TimeSpan think, IActorPorts ports, Action<ulong, OpCode, byte[]> ask)
{
    private readonly Arena _record = new();
    private readonly Dictionary<ulong, byte[]> _asked = [];
    private readonly List<(Instant At, byte[] Transaction)> _decided = [];
    private Guard? _guard;
    private byte[] _data = [];
    private ulong _lastTicket = 1UL << 63;   // far from those of the contest
    private bool _isFinishing;

    /// <summary>When something is to be sent.</summary>
    public Instant NextDeadline => _decided.Count == 0 ? Instant.Never : _decided.Min(static decided => decided.At);

    private Instant Now => ports.Now.Instant;

    /// <summary>It is its turn. The znode may be there already.</summary>
    public void Won(Guard guard, GuardedWrite write)
    {
        (_guard, _data) = (guard, write.Data);
        _record.Clear();
        RequestRecord.Create(new(_record), Encoding.UTF8.GetBytes(path), default, AclList.Open, ZnodeKind.Persistent);
        ask(++_lastTicket, OpCode.Create, _record.Written.ToArray());
    }

    /// <summary>Decides to write, by virtue of the present turn, and does it a while later.</summary>
    public void Write(TimeSpan after)
    {
        _record.Clear();
        var writer = new JuteWriter(_record);
        _guard!.Begin(writer);
        RequestRecord.Operation(writer, OpCode.SetData);
        RequestRecord.SetData(writer, Encoding.UTF8.GetBytes(path), _data, version: -1);
        MultiHeader.WriteEnd(writer);
        _decided.Add((Now + after, _record.Written.ToArray()));
        Tick();
    }

    /// <summary>Time has passed.</summary>
    public void Tick()
    {
        for (var i = 0; i < _decided.Count; i++)
        {
            var (at, transaction) = _decided[i];
            if (at > Now)
                continue;
            _decided.RemoveAt(i--);
            _asked.Add(++_lastTicket, transaction);
            ask(_lastTicket, OpCode.Multi, transaction);
        }
    }

    /// <summary>A request is done. False when it is none of these.</summary>
    public bool Learn(Told told)
    {
        if (!_asked.Remove(told.Ticket, out var transaction))
            return false;
        if (!_isFinishing && (told.Fate != Fate.Answered || told.Error == ErrorCode.SessionExpired))
            _decided.Add((Now + ports.Dice.Between(TimeSpan.FromMilliseconds(1), 2 * think), transaction));
        return true;
    }

    /// <summary>The storm is over: what was decided is not done.</summary>
    public void Finish()
    {
        _isFinishing = true;
        _decided.Clear();
    }
}
