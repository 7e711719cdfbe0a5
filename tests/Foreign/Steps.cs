using CsCheck;
using Quorate.Tests.Transcripts;

namespace Quorate.Tests.Foreign;

/// <summary>Draws what a few clients may do, over so few paths that they meet, mistakes included.</summary>
internal static class Steps
{
    /// <summary>Two clients use one-shot watches and one persistent ones: up to 3.8 the two kinds replace each other on one path.</summary>
    public const int Clients = 3;

    private const int Persistent = Clients - 1;

    /// <summary>user:base64(sha1("u1:p")).</summary>
    private static readonly string DigestOfU1 = "u1:" + Convert.ToBase64String(Sha1("u1:p"));

    private static readonly Gen<string> Path = Gen.Frequency(
        (20, Gen.OneOf("/v/a", "/v/b", "/v/a/x", "/v/a/y", "/v/b/x", "/v/c")),
        (2, Gen.OneOf("/v", "/v/missing/x", "/v/a-0000000001")),
        (1, Gen.OneOf("/v/", "v/a", "/v//a", "/v/../a", "/v/a\u0001", "/v/.")));

    private static readonly Gen<(string Text, Action<JuteBytes> Write)> Data = Gen.OneOf<(string, Action<JuteBytes>)>(
        ("null", static body => body.Null()),
        ("empty", static body => body.Buffer([])),
        ("1", static body => body.Text("1")),
        ("longer", static body => body.Text("longer")));

    private static readonly Gen<(string Text, Action<JuteBytes> Write)> Acl = Gen.Frequency(
        (8, Gen.Const<(string, Action<JuteBytes>)>(("open", static body => body.Acl()))),
        (4, Gen.OneOf<(string, Action<JuteBytes>)>(
            ("creator", static body => body.Acl("auth", "")),
            ("read", static body => body.Acl(permissions: 1)),
            ("all but read", static body => body.Acl(permissions: 30)),
            ("u1", static body => body.Acl("digest", DigestOfU1)),
            ("here", static body => body.Acl("ip", "127.0.0.1", 7)),
            ("two", static body => body.Int(2).Int(1).Text("world").Text("anyone").Int(31).Text("digest").Text(DigestOfU1)))),
        (1, Gen.OneOf<(string, Action<JuteBytes>)>(
            ("none", static body => body.Int(0)),
            ("null", static body => body.Null()),
            ("unknown", static body => body.Acl("nothing", "known")),
            ("bad ip", static body => body.Acl("ip", "127.0.0.256")))));

    /// <summary>
    /// Not of "/v" itself: a sequential one would be numbered by what the root has seen in earlier runs. A TTL is never -1, which
    /// with flags that have none would take the real server down, and either bad or so long that nothing ends by time. Inside a multi, TTL
    /// flags without a TTL make an exception inside the real server, which answers the whole multi with MarshallingError.
    /// </summary>
    private static Gen<Request> Create(bool inMulti) =>
        from code in Gen.OneOf(1, 1, 15, 19, 21)
        from path in Gen.Frequency((4, Path.Where(path => path != "/v")), (1, Gen.OneOf("/v/a/", "/v/", "/v/s-")))
        from data in Data
        from acl in Acl
        from flags in Gen.Frequency((8, Gen.Const(code switch { 19 => 4, 21 => 5, _ => 0 })), (4, Gen.Int[0, 3]), (1, Gen.Int[-1, 9]))
        where !inMulti || code == 21 || flags is not (5 or 6)
        from ttl in Gen.OneOf(1_000_000_000L, 0L, 1L << 40)
        let name = code switch { 1 => "create", 15 => "create2", 19 => "createContainer", _ => "createTTL" }
        select new Request($"{name} {path} data={data.Text} acl={acl.Text} flags={flags}{(code == 21 ? $" ttl={ttl}" : "")}", code, name,
            Built(body =>
            {
                body.Text(path);
                data.Write(body);
                acl.Write(body);
                body.Int(flags);
                if (code == 21)
                    body.Long(ttl);
            }));

    private static readonly Gen<int> Version = Gen.Frequency((3, Gen.Const(-1)), (2, Gen.Int[0, 2]));

    private static readonly Gen<Request> Delete =
        from path in Path
        from version in Version
        select new Request($"delete {path} v={version}", 2, "delete", new JuteBytes().Text(path).Int(version));

    private static readonly Gen<Request> SetData =
        from path in Path
        from data in Data
        from version in Version
        select new Request($"setData {path} {data.Text} v={version}", 5, "setData", Built(body =>
        {
            body.Text(path);
            data.Write(body);
            body.Int(version);
        }));

    private static readonly Gen<Request> SetAcl =
        from path in Path
        from acl in Acl
        from version in Version
        select new Request($"setACL {path} {acl.Text} v={version}", 7, "setACL", Built(body =>
        {
            body.Text(path);
            acl.Write(body);
            body.Int(version);
        }));

    private static readonly Gen<Request> Check =
        from path in Path
        from version in Version
        select new Request($"check {path} v={version}", 13, "check", new JuteBytes().Text(path).Int(version));

    private static readonly Gen<Request> Multi =
        from parts in Gen.Frequency((4, Create(inMulti: true)), (3, SetData), (2, Delete), (2, Check)).Array[0, 4]
        select new Request($"multi [{string.Join("; ", parts.Select(part => part.Text))}]", 14, "multi", Parts(parts));

    private static readonly Gen<Request> Part =
        from path in Path
        from read in Gen.OneOf<(int Code, string Kind)>((4, "getData"), (8, "getChildren"))
        select new Request($"{read.Kind} {path}", read.Code, read.Kind, new JuteBytes().Text(path).Bool(false));

    private static readonly Gen<Request> MultiRead =
        from parts in Part.Array[1, 3]
        select new Request($"multiRead [{string.Join("; ", parts.Select(part => part.Text))}]", 22, "multiRead", Parts(parts));

    /// <summary>Reads that may set a watch; the client with the persistent ones sets no others.</summary>
    private static Gen<Request> Read(int client) =>
        from path in Path
        from read in Gen.OneOf<(int Code, string Name)>((3, "exists"), (4, "getData"), (8, "getChildren"), (12, "getChildren2"))
        from wanted in Gen.Bool
        let watch = wanted && client != Persistent
        select new Request($"{read.Name} {path}{(watch ? " watch" : "")}", read.Code, read.Name, new JuteBytes().Text(path).Bool(watch));

    private static readonly Gen<Request> ReadByPath =
        from path in Path
        from read in Gen.OneOf<(int Code, string Kind)>(
            (6, "getACL/unordered"), (9, "sync"), (103, "getEphemerals"), (104, "getAllChildrenNumber"))
        select new Request($"{read.Kind} {path}", read.Code, read.Kind, new JuteBytes().Text(path));

    private static readonly Gen<Request> OfSession = Gen.OneOf(
        new Request("whoAmI", 107, "whoAmI", new JuteBytes()),
        new Request("auth u1", 100, "auth", new JuteBytes().Int(0).Text("digest").Text("u1:p")),
        new Request("auth u2", 100, "auth", new JuteBytes().Int(0).Text("digest").Text("u2:p")),
        new Request("closeSession", Step.CloseSession, "closeSession", new JuteBytes()),
        new Request("reattach", Step.Reattach, "connect", new JuteBytes()));

    private static readonly Gen<Request> SetWatches =
        from data in Path.Array[0, 2]
        from exist in Path.Array[0, 2]
        from child in Path.Array[0, 2]
        select new Request($"setWatches data={List(data)} exist={List(exist)} child={List(child)}", 101, "setWatches", Built(body =>
        {
            // Either everything has been seen or nothing: zxids differ between the servers.
            body.Long(long.MaxValue);
            foreach (var list in (string[][])[data, exist, child])
            {
                body.Int(list.Length);
                foreach (var path in list)
                    body.Text(path);
            }
        }));

    /// <summary>Persistent watches have one mode for one path, as up to 3.8 the modes replace each other.</summary>
    private static Gen<Request> Watching(int client) => client == Persistent
        ? from path in Path
          from remove in Gen.OneOf(false, false, true)
          let mode = path.Length % 2
          select remove
              ? new Request($"removeWatches {path} type=3", 18, "removeWatches", new JuteBytes().Text(path).Int(3))
              : new Request($"addWatch {path} mode={mode}", 106, "addWatch", new JuteBytes().Text(path).Int(mode))
        : Gen.Frequency((1, SetWatches), (1,
          from path in Path
          from type in Gen.Int[0, 3]
          select new Request($"removeWatches {path} type={type}", 18, "removeWatches", new JuteBytes().Text(path).Int(type))));

    private static readonly Gen<Step> Any =
        from client in Gen.Int[0, Clients - 1]
        from request in Gen.Frequency(
            (8, Create(inMulti: false)), (3, Delete), (4, SetData), (2, SetAcl), (3, Multi), (1, MultiRead),
            (6, Read(client)), (2, ReadByPath), (2, OfSession), (2, Watching(client)))
        select new Step(client, request);

    public static Gen<Step[]> Sequences { get; } = Any.Array[5, 40];

    private static JuteBytes Built(Action<JuteBytes> write)
    {
        var body = new JuteBytes();
        write(body);
        return body;
    }

    private static JuteBytes Parts(IEnumerable<Request> parts) => Built(body =>
    {
        foreach (var part in parts)
            body.Int(part.Code).Bool(false).Int(-1).Raw(part.Body.ToArray());
        body.Int(-1).Bool(true).Int(-1);
    });

    private static string List(string[] paths) => "[" + string.Join(", ", paths) + "]";

    private static byte[] Sha1(string text) =>
#pragma warning disable CA5350 // The digest scheme of ZooKeeper is SHA-1; nothing is kept secret here.
        System.Security.Cryptography.SHA1.HashData(System.Text.Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350
}
