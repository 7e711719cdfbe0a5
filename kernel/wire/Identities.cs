namespace Quorate.Kernel.Wire;

/// <summary>Who a connection has proven to be: a list of (scheme, id), in the order in which they were added.</summary>
/// <remarks>Encoded as pairs of ustrings one behind the other, without a count; duplicates are kept once.</remarks>
public readonly ref struct Identities(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The pairs, in order.</summary>
    public Enumerator GetEnumerator() => new(_bytes);

    /// <summary>Whether the list has an identity.</summary>
    public bool Contains(ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> id)
    {
        foreach (var identity in this)
            if (identity.Scheme.SequenceEqual(scheme) && identity.Id.SequenceEqual(id))
                return true;
        return false;
    }

    /// <summary>Whether the list has any identity of a scheme.</summary>
    public bool HasScheme(ReadOnlySpan<byte> scheme)
    {
        foreach (var identity in this)
            if (identity.Scheme.SequenceEqual(scheme))
                return true;
        return false;
    }

    /// <summary>Appends one identity to the encoding.</summary>
    public static void Write(JuteWriter writer, ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> id)
    {
        writer.Buffer(scheme);
        writer.Buffer(id);
    }

    /// <summary>Walks a list.</summary>
    public ref struct Enumerator
    {
        private JuteReader _reader;

        internal Enumerator(ReadOnlySpan<byte> bytes) => _reader = new(bytes);

        /// <summary>The present identity.</summary>
        public Identity Current { get; private set; }

        /// <summary>Steps to the next identity.</summary>
        public bool MoveNext()
        {
            if (_reader.Rest.IsEmpty)
                return false;
            var scheme = _reader.Buffer(out _);
            Current = new(scheme, _reader.Buffer(out _));
            return !_reader.Failed;
        }
    }
}

/// <summary>One proven identity.</summary>
public readonly ref struct Identity(ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> id)
{
    /// <summary>The scheme, in UTF-8.</summary>
    public ReadOnlySpan<byte> Scheme { get; } = scheme;
    /// <summary>The identity within the scheme, in UTF-8.</summary>
    public ReadOnlySpan<byte> Id { get; } = id;
}
