namespace Quorate.Kernel.Wire;

/// <summary>The permission bits of an ACL entry. Higher bits are stored and returned as given.</summary>
[Flags]
public enum Permissions
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Read data and list children.</summary>
    Read = 1,
    /// <summary>Set data.</summary>
    Write = 2,
    /// <summary>Create children.</summary>
    Create = 4,
    /// <summary>Delete children.</summary>
    Delete = 8,
    /// <summary>Set the ACL.</summary>
    Admin = 16,
    /// <summary>All five.</summary>
    All = 31,
}

/// <summary>One entry of an access control list, as a view over the bytes it was read from.</summary>
public readonly ref struct AclEntry
{
    /// <summary>What is permitted.</summary>
    public required Permissions Permissions { get; init; }
    /// <summary>The scheme: world, auth, digest, ip, x509, … in UTF-8.</summary>
    public required ReadOnlySpan<byte> Scheme { get; init; }
    /// <summary>The identity within the scheme, in UTF-8.</summary>
    public required ReadOnlySpan<byte> Id { get; init; }
    /// <summary>Whether scheme or identity was null on the wire.</summary>
    public required bool HasNull { get; init; }

    /// <summary>Reads one entry.</summary>
    public static AclEntry Read(scoped ref JuteReader reader)
    {
        var permissions = (Permissions)reader.Int();
        var scheme = reader.Buffer(out var noScheme);
        var id = reader.Buffer(out var noId);
        return new() { Permissions = permissions, Scheme = scheme, Id = id, HasNull = noScheme || noId };
    }

    /// <summary>Appends the entry.</summary>
    public void Write(JuteWriter writer)
    {
        writer.Int((int)Permissions);
        writer.Buffer(Scheme);
        writer.Buffer(Id);
    }
}

/// <summary>
/// An encoded <c>vector&lt;ACL&gt;</c>, count included, as a view over the frame it stands in; walked without copying.
/// </summary>
public readonly ref struct AclList
{
    /// <summary>The encoded list with which most znodes are made: anyone may do everything.</summary>
    public static ReadOnlySpan<byte> Open => "\0\0\0\u0001\0\0\0\u001F\0\0\0\u0005world\0\0\0\u0006anyone"u8;

    /// <summary>The encoding, count first; empty when null.</summary>
    public ReadOnlySpan<byte> Bytes { get; private init; }

    /// <summary>Number of entries; 0 for a null list.</summary>
    public int Count { get; private init; }

    /// <summary>Whether it was a null vector.</summary>
    public bool IsNull { get; private init; }

    /// <summary>Reads a list and checks that all of its entries are there.</summary>
    public static AclList Read(scoped ref JuteReader reader)
    {
        var whole = reader.Rest;
        var start = reader.Position;
        var count = reader.Count(out var isNull);
        for (var i = 0; i < count && !reader.Failed; i++)
            AclEntry.Read(ref reader);
        return new() { Bytes = reader.Failed ? default : whole[..(reader.Position - start)], Count = reader.Failed ? 0 : count, IsNull = isNull };
    }

    /// <summary>The entries, in order.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Walks a list.</summary>
    public ref struct Enumerator
    {
        private JuteReader _reader;
        private int _left;

        internal Enumerator(AclList list)
        {
            _reader = new(list.IsNull ? default : list.Bytes);
            _left = list.IsNull || list.Bytes.IsEmpty ? 0 : list.Count;
            if (_left > 0)
                _reader.Int();
        }

        /// <summary>The present entry.</summary>
        public AclEntry Current { get; private set; }

        /// <summary>Steps to the next entry.</summary>
        public bool MoveNext()
        {
            if (_left == 0)
                return false;
            _left--;
            Current = AclEntry.Read(ref _reader);
            return true;
        }
    }
}
