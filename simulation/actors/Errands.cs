using System.Globalization;
using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Actors;

/// <summary>Draws what a client asks for: every kind of request, over few enough paths that clients meet.</summary>
/// <remarks>
/// What is drawn follows from the dice it is given, which are thrown anew for each step, and from the names of sequential znodes that the
/// client has learnt; so a step that is taken out of a scenario leaves the others nearly as they were.
/// </remarks>
internal sealed class Errands
{
    private const int LearntMax = 8;
    private static readonly string[] Names = ["a", "b", "c"];
    private static readonly Acl Shared = new([new(Permissions.Read | Permissions.Create | Permissions.Delete | Permissions.Admin, "world", "anyone")]);
    private static readonly Acl Mine = new([new(Permissions.All, "auth", ""), new(Permissions.Read | Permissions.Delete, "world", "anyone")]);
    private static readonly Acl Empty = new([]);

    private readonly Workload _workload;
    private readonly int _client;
    private readonly List<(int Weight, Func<Dice, Request> Draw)> _kinds = [];
    private readonly List<string> _learnt = [];
    private readonly int _weights;
    private int _learntNext;
    private int _step;
    private bool _hasSynced;

    public Errands(Workload workload, int client)
    {
        (_workload, _client) = (workload, client);
        _kinds.AddRange(
        [
            (180, Create),
            (100, dice => new Request.Delete(AnyPath(dice), Version(dice))),
            (120, dice => new Request.SetData(AnyPath(dice), Data(dice), Version(dice))),
            (110, dice => Read(OpCode.GetData, dice)),
            (80, dice => Read(OpCode.Exists, dice)),
            (50, dice => Read(OpCode.GetChildren, dice)),
            (50, dice => Read(OpCode.GetChildren2, dice)),
            (40, dice => new Request.Sync(Path(dice))),
            (80, dice => new Request.Multi(Several(dice, Part))),
            (15, dice => new Request.Check(AnyPath(dice), Version(dice))),
            (30, dice => new Request.MultiRead([.. Several(dice, d => new Request.Read(One(d, 2) ? OpCode.GetData : OpCode.GetChildren, Path(d)))])),
            (15, dice => new Request.Read(OpCode.GetAcl, AnyPath(dice))),
            (15, dice => new Request.Read(OpCode.GetEphemerals, workload.StaysHome ? Island(dice) + "/" : One(dice, 2) ? "/" : Island(dice))),
            (15, dice => new Request.Read(OpCode.GetAllChildrenNumber, Path(dice))),
            (10, _ => new Request.Plain(OpCode.WhoAmI)),
            (5, dice => new Request.DeleteContainer(AnyPath(dice))),
            (5, dice => new Request.Create(OpCode.Create, Island(dice) + "//wrong/", null, Acl.Open)),
        ]);
        if (workload.Watches)
            _kinds.AddRange(
            [
                (20, dice => new Request.AddWatch(Path(dice), One(dice, 2))),
                (15, dice => new Request.Watches(OpCode.RemoveWatches, Path(dice), 1 + (int)dice.Below(5))),
                (10, dice => new Request.Watches(OpCode.CheckWatches, Path(dice), 1 + (int)dice.Below(5))),
            ]);
        if (workload.Lists)
            _kinds.AddRange(
            [
                (20, dice => new Request.SetAcl(PathBelowRoot(dice), List(dice), Version(dice))),
                (8, dice => new Request.Auth("digest", Encoding.UTF8.GetBytes($"user{dice.Below(2)}:secret"))),
                (1, _ => new Request.Auth("unheard-of", [])),
            ]);
        _weights = _kinds.Sum(kind => kind.Weight);
    }

    /// <summary>What to ask in a step.</summary>
    public Request Draw(Dice dice, int step)
    {
        _step = step;
        if (_workload.Syncs && One(dice, 2))
            return new Request.Sync(Path(dice));
        if (_workload.OnlyReads)
            return Read(dice.Below(3) switch { 0 => OpCode.GetData, 1 => OpCode.Exists, _ => OpCode.GetChildren2 }, dice);
        if (step < (_workload.StaysHome ? 1 : _workload.Islands))
            return new Request.Create(OpCode.Create, _workload.StaysHome ? Island(dice) : IslandOf(_client + step), Data(dice), Acl.Open);
        if (_workload.Hoards)
            return One(dice, 32)
                ? new Request.Read(OpCode.GetEphemerals, "/")
                : new Request.Create(OpCode.Create, $"{Island(dice)}/s-", Data(dice), Acl.Open, (int)ZnodeKind.EphemeralSequential);
        if (_workload.StaysHome && _hasSynced)
        {
            // Only a read right behind a sync has its place in real time.
            _hasSynced = false;
            return Read(One(dice, 2) ? OpCode.GetData : OpCode.Exists, dice);
        }
        var request = Draw(dice);
        _hasSynced = request is Request.Sync;
        return request;
    }

    /// <summary>A request succeeded: the names of sequential znodes are learnt from the answer.</summary>
    public void Learn(Request request, ReadOnlySpan<byte> answer)
    {
        if (request is not Request.Create { Flags: 2 or 3 or 6 })
            return;
        var path = Encoding.UTF8.GetString(new JuteReader(answer).NonNull());
        if (_learnt.Count < LearntMax)
            _learnt.Add(path);
        else
            _learnt[_learntNext++ % LearntMax] = path;
    }

    private Request Draw(Dice dice)
    {
        var place = (int)dice.Below((ulong)_weights);
        foreach (var (weight, draw) in _kinds)
        {
            if (place < weight)
                return draw(dice);
            place -= weight;
        }
        throw new InvalidOperationException("The weights do not add up.");
    }

    private static bool One(Dice dice, ulong of) => dice.Below(of) == 0;

    private static T[] Several<T>(Dice dice, Func<Dice, T> draw)
    {
        var parts = new T[1 + dice.Below(4)];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = draw(dice);
        return parts;
    }

    private static int Version(Dice dice) => One(dice, 3) ? (int)dice.Below(4) : -1;

    private string IslandOf(int number) => string.Create(CultureInfo.InvariantCulture, $"/{(_workload.StaysHome ? "isle" : "i")}{number % _workload.Islands}");

    private string Island(Dice dice) => IslandOf(_workload.StaysHome ? _client : (int)dice.Below((ulong)_workload.Islands));

    /// <summary>A path that need not be a znode.</summary>
    private string Path(Dice dice)
    {
        if (!_workload.StaysHome && One(dice, 32))
            return "/";
        var island = Island(dice);
        return dice.Below(8) switch
        {
            0 => island,
            < 6 => $"{island}/{Name(dice)}",
            _ => $"{island}/{Name(dice)}/{Name(dice)}",
        };
    }

    /// <summary>A path, or that of a sequential znode that the client has made.</summary>
    private string AnyPath(Dice dice) => _learnt.Count > 0 && One(dice, 5) ? _learnt[(int)dice.Below((ulong)_learnt.Count)] : Path(dice);

    /// <summary>Probes make their znodes in the root: nobody may keep them from it.</summary>
    private string PathBelowRoot(Dice dice) => AnyPath(dice) is var path && path == "/" ? IslandOf(_client) : path;

    private string Name(Dice dice) => dice.Below((ulong)_workload.KnownNames) is var name && name < (ulong)Names.Length
        ? Names[name]
        : string.Create(CultureInfo.InvariantCulture, $"n{name}");

    private byte[]? Data(Dice dice) => dice.Below(64) switch
    {
        0 => new byte[2000],
        < 4 => null,
        < 8 => [],
        _ => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_client}.{_step}.{dice.Below(100)}")),
    };

    private Acl? List(Dice dice) => dice.Below(16) switch
    {
        0 => Empty,
        1 => null,
        < 4 => Mine,
        < 6 => Shared,
        _ => Acl.Open,
    };

    private Request.Read Read(OpCode op, Dice dice) => new(op, AnyPath(dice), _workload.Watches && (_workload.Listens || One(dice, 3)));

    private Request.Create Create(Dice dice)
    {
        var acl = _workload.Lists && One(dice, 8) ? List(dice) : Acl.Open;
        var op = One(dice, 2) ? OpCode.Create : OpCode.Create2;
        var kind = dice.Below(20) switch
        {
            < 4 when _workload.Ephemerals => ZnodeKind.Ephemeral,
            < 6 when _workload.Ephemerals => ZnodeKind.EphemeralSequential,
            < 9 => ZnodeKind.PersistentSequential,
            9 when _workload.Upkeep => ZnodeKind.Container,
            10 when _workload.Upkeep => ZnodeKind.PersistentTtl,
            11 when _workload.Upkeep => ZnodeKind.PersistentSequentialTtl,
            _ => ZnodeKind.Persistent,
        };
        var path = kind is ZnodeKind.EphemeralSequential or ZnodeKind.PersistentSequential or ZnodeKind.PersistentSequentialTtl
            ? $"{Path(dice).TrimEnd('/')}/s-"
            : Path(dice);
        return kind switch
        {
            ZnodeKind.Container => new(OpCode.CreateContainer, path, Data(dice), acl, (int)kind),
            ZnodeKind.PersistentTtl or ZnodeKind.PersistentSequentialTtl =>
                new(OpCode.CreateTtl, path, Data(dice), acl, (int)kind, 1000 + (long)dice.Below(20_000)),
            _ => new(op, path, Data(dice), acl, (int)kind),
        };
    }

    /// <summary>One operation of a multi.</summary>
    private Request Part(Dice dice) => dice.Below(8) switch
    {
        < 3 => Create(dice),
        < 5 => new Request.Delete(AnyPath(dice)),
        < 7 => new Request.SetData(AnyPath(dice), Data(dice)),
        _ => new Request.Check(AnyPath(dice), Version(dice)),
    };
}
