using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Importing;

// The records of ZooKeeper's transaction log, as views over its bytes. Semantics reference §20.1.

/// <summary>What every transaction begins with.</summary>
internal readonly record struct TxnHeader(SessionId Session, int Cxid, Zxid Zxid, long Time, OpCode Type)
{
    public const int Length = 3 * sizeof(long) + 2 * sizeof(int);

    public static TxnHeader Read(scoped ref JuteReader reader) =>
        new(new(reader.Long()), reader.Int(), new(reader.Long()), reader.Long(), (OpCode)reader.Int());
}

/// <summary>A create of any kind; which one decides the stored owner.</summary>
internal readonly ref struct CreateTxn
{
    public ReadOnlySpan<byte> Path { get; private init; }
    public ReadOnlySpan<byte> Data { get; private init; }
    public bool DataIsNull { get; private init; }
    public AclList Acl { get; private init; }
    /// <summary>The parent's count of creates after this one, or −1 where a very old log does not say.</summary>
    public int ParentCversion { get; private init; }
    /// <summary>The owner in stored form.</summary>
    public long Owner { get; private init; }

    public static CreateTxn Read(scoped ref JuteReader reader, OpCode type, SessionId session)
    {
        var path = reader.NonNull();
        var data = reader.Buffer(out var dataIsNull);
        var acl = AclList.Read(ref reader);
        var ephemeral = type is OpCode.Create or OpCode.Create2 && reader.Bool();
        var parentCversion = reader.Rest.IsEmpty && type == OpCode.Create ? -1 : reader.Int();
        var owner = type switch
        {
            OpCode.CreateContainer => ImportedNode.ContainerOwner,
            OpCode.CreateTtl => ImportedNode.TtlOwner(reader.Long()),
            _ => ephemeral ? session.Value : 0,
        };
        return new() { Path = path, Data = data, DataIsNull = dataIsNull, Acl = acl, ParentCversion = parentCversion, Owner = owner };
    }
}

/// <summary>New data, with the version they have from then on.</summary>
internal readonly ref struct SetDataTxn
{
    public ReadOnlySpan<byte> Path { get; private init; }
    public ReadOnlySpan<byte> Data { get; private init; }
    public bool DataIsNull { get; private init; }
    public int Version { get; private init; }

    public static SetDataTxn Read(scoped ref JuteReader reader)
    {
        var path = reader.NonNull();
        var data = reader.Buffer(out var dataIsNull);
        return new() { Path = path, Data = data, DataIsNull = dataIsNull, Version = reader.Int() };
    }
}

/// <summary>A new ACL, with the ACL version from then on.</summary>
internal readonly ref struct SetAclTxn
{
    public ReadOnlySpan<byte> Path { get; private init; }
    public AclList Acl { get; private init; }
    public int Aversion { get; private init; }

    public static SetAclTxn Read(scoped ref JuteReader reader)
    {
        var path = reader.NonNull();
        var acl = AclList.Read(ref reader);
        return new() { Path = path, Acl = acl, Aversion = reader.Int() };
    }
}

/// <summary>The end of a session: the paths of its ephemerals, unless the log is older than 3.6 or was told not to list them.</summary>
internal readonly ref struct CloseSessionTxn
{
    public PathList Paths { get; private init; }

    public static CloseSessionTxn Read(scoped ref JuteReader reader)
    {
        // An empty record with a digest behind it looks like a list of two paths: two is the digest's version, and no path is that short.
        var hasPaths = !reader.Rest.IsEmpty && !TxnDigest.IsAll(reader.Rest);
        return new() { Paths = hasPaths ? PathList.Read(ref reader) : default };
    }
}

/// <summary>A multi: several records, each with its type, under one header.</summary>
internal readonly ref struct MultiTxn
{
    private readonly ReadOnlySpan<byte> _parts;
    private readonly int _count;

    private MultiTxn(ReadOnlySpan<byte> parts, int count)
    {
        _parts = parts;
        _count = count;
    }

    /// <summary>Whether it failed: the record of a failed multi has errors among its parts and changes nothing.</summary>
    public bool HasError
    {
        get
        {
            foreach (var part in this)
                if (part.Type == OpCode.Error)
                    return true;
            return false;
        }
    }

    public static MultiTxn Read(scoped ref JuteReader reader)
    {
        var count = reader.Count(out _);
        var parts = reader.Rest;
        var start = reader.Position;
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            reader.Int();
            reader.NonNull();
        }
        return reader.Failed ? default : new(parts[..(reader.Position - start)], count);
    }

    /// <summary>The parts, in order.</summary>
    public Enumerator GetEnumerator() => new(_parts, _count);

    /// <summary>Walks a multi.</summary>
    internal ref struct Enumerator(ReadOnlySpan<byte> parts, int count)
    {
        private JuteReader _reader = new(parts);
        private int _left = count;

        public Part Current { get; private set; }

        public bool MoveNext()
        {
            if (_left == 0)
                return false;
            _left--;
            var type = (OpCode)_reader.Int();
            Current = new(type, _reader.NonNull());
            return true;
        }
    }

    /// <summary>One part.</summary>
    internal readonly ref struct Part(OpCode type, ReadOnlySpan<byte> record)
    {
        public OpCode Type { get; } = type;
        public ReadOnlySpan<byte> Record { get; } = record;
    }
}

/// <summary>ZooKeeper's digest of its tree after a transaction, behind the transaction's record.</summary>
internal readonly record struct TxnDigest(int Version, ulong Value)
{
    public const int Length = sizeof(int) + sizeof(long);

    /// <summary>Whether <paramref name="rest"/> is a digest of a known version and nothing else.</summary>
    public static bool IsAll(ReadOnlySpan<byte> rest)
    {
        var reader = new JuteReader(rest);
        return rest.Length == Length && reader.Int() == ZooKeeperDigest.Version;
    }

    public static TxnDigest Read(scoped ref JuteReader reader) => new(reader.Int(), (ulong)reader.Long());
}
