using System.Globalization;
using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Tests.Simulations.Judges;

/// <summary>Draws requests of every kind over a few paths, so that operations meet.</summary>
internal sealed class Workload(Dice dice)
{
    private static readonly string[] Lands = ["/a", "/b", "/a/x", "/a/y", "/b/x", "/a/x/1"], Isles = ["/isle1", "/isle1/p", "/isle1/q"];
    private int _drawn;

    public int Below(int bound) => (int)dice.Below((ulong)bound);

    public Request Next() => Below(20) switch
    {
        0 or 1 or 2 or 3 => Create(Path(), inMulti: false),
        4 => new Request.Delete(Path(), Version()),
        5 or 6 => new Request.SetData(Path(), Data(), Version()),
        7 => new Request.SetAcl(Land(), List(), Version()),
        8 => new Request.Check(Path(), Below(3)),
        9 or 10 => Below(2) == 0 ? Multi(Land) : Multi(Isle),
        11 => Below(4) == 0 ? new Request.Read(OpCode.GetEphemerals, Path()) : new Request.Read(OpCode.GetAcl, Path()),
        12 => new Request.Read(OpCode.GetAllChildrenNumber, Below(3) == 0 ? "/" : Path()),
        13 => new Request.MultiRead([new(OpCode.GetData, Path()), new(OpCode.GetChildren, Path())]),
        14 => new Request.Sync(Path()),
        15 => new Request.AddWatch(Path(), Below(2) == 0),
        16 => new Request.Watches(Below(2) == 0 ? OpCode.RemoveWatches : OpCode.CheckWatches, Path(), Below(5) + 1),
        _ => new Request.Read((Below(4)) switch { 0 => OpCode.Exists, 1 => OpCode.GetData, 2 => OpCode.GetChildren, _ => OpCode.GetChildren2 },
            Path(), Below(2) == 0),
    };

    private Request Part(Func<string> path) => Below(4) switch
    {
        0 => new Request.Delete(path(), Version()),
        1 => new Request.SetData(path(), Data(), Version()),
        2 => new Request.Check(path(), Version()),
        _ => Create(path(), inMulti: true),
    };

    private Request.Multi Multi(Func<string> path) => new([.. Enumerable.Range(0, Below(4)).Select(_ => Part(path))]);

    private Request.Create Create(string path, bool inMulti)
    {
        if (path.StartsWith("/isle", StringComparison.Ordinal))
            return new(Below(2) == 0 ? OpCode.Create : OpCode.Create2, path, Data(), Acl.Open, path.Length > 6 ? 2 * Below(2) : 0);
        return Below(8) switch
        {
            0 => new(OpCode.CreateContainer, path, Data(), Acl.Open, 4),
            1 => new(OpCode.CreateTtl, path, Data(), Acl.Open, 5 + Below(2), 1 + Below(3000)),
            2 => new(OpCode.Create, path, Data(), List(), Below(7)),
            _ => new(inMulti || Below(2) == 0 ? OpCode.Create : OpCode.Create2, path, Data(), Acl.Open, Below(4)),
        };
    }

    private string Path() => Below(40) == 0 ? "/a/" : Below(40) == 0 ? "/zookeeper/config" : Below(2) == 0 ? Land() : Isle();

    private string Land() => Lands[Below(Lands.Length)];

    private string Isle() => Isles[Below(Isles.Length)];

    private int Version() => Below(3) == 0 ? Below(3) : -1;

    private byte[]? Data() => Below(10) == 0 ? null : Encoding.ASCII.GetBytes((++_drawn).ToString(CultureInfo.InvariantCulture));

    private Acl? List() => Below(8) switch
    {
        0 => new([new(Permissions.All, "auth", "")]),
        1 => new([new(Permissions.Read, "world", "anyone"), new(Permissions.Read, "world", "anyone")]),
        2 => new([new(Permissions.All & ~Permissions.Read, "world", "anyone")]),
        3 => new([new(Permissions.All, "digest", "nobody:x"), new(Permissions.Read | Permissions.Create, "world", "anyone")]),
        4 => new([new(Permissions.All, "nonsense", "")]),
        _ => Acl.Open,
    };
}
