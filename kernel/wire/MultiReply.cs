namespace Quorate.Kernel.Wire;

/// <summary>One result of a multi or multiRead, as a view over the reply. Protocol reference §8.2.</summary>
public readonly ref struct MultiResult
{
    /// <summary>The kind of result, which need not be the operation asked for: a create2 is answered as create.</summary>
    public OpCode Op { get; private init; }
    /// <summary>The error when <see cref="Op"/> is <see cref="OpCode.Error"/>; Ok for what a failed multi rolled back.</summary>
    public ErrorCode Error { get; private init; }
    /// <summary>The path made by a create.</summary>
    public ReadOnlySpan<byte> Path { get; private init; }
    /// <summary>The data found by getData.</summary>
    public ReadOnlySpan<byte> Data { get; private init; }
    /// <summary>Whether those data are null rather than empty.</summary>
    public bool DataIsNull { get; private init; }
    /// <summary>The names found by getChildren.</summary>
    public PathList Children { get; private init; }
    /// <summary>The Stat of results that have one.</summary>
    public Stat Stat { get; private init; }

    internal static MultiResult Read(scoped ref JuteReader reader, MultiHeader header)
    {
        switch (header.Op)
        {
            case OpCode.Error:
                return new() { Op = header.Op, Error = (ErrorCode)reader.Int() };
            case OpCode.Create or OpCode.Create2:
                var created = CreateReply.Read(ref reader, header.Op);
                return new() { Op = header.Op, Path = created.Path, Stat = created.Stat };
            case OpCode.SetData:
                return new() { Op = header.Op, Stat = Stat.Read(ref reader) };
            case OpCode.GetData:
                var found = DataReply.Read(ref reader);
                return new() { Op = header.Op, Data = found.Data, DataIsNull = found.DataIsNull, Stat = found.Stat };
            case OpCode.GetChildren:
                return new() { Op = header.Op, Children = PathList.Read(ref reader) };
            case OpCode.Delete or OpCode.Check:
                return new() { Op = header.Op };
            default:
                reader.Fail();
                return default;
        }
    }
}

/// <summary>The results of a multi or multiRead, walked in the order of its operations.</summary>
public ref struct MultiReply(ReadOnlySpan<byte> body)
{
    private JuteReader _reader = new(body);

    /// <summary>Whether the body could not be decoded.</summary>
    public readonly bool Failed => _reader.Failed;

    /// <summary>The present result.</summary>
    public MultiResult Current { get; private set; }

    /// <summary>The results are their own enumerator.</summary>
    public readonly MultiReply GetEnumerator() => this;

    /// <summary>Steps to the next result.</summary>
    public bool MoveNext()
    {
        var header = MultiHeader.Read(ref _reader);
        if (_reader.Failed || header.Done)
            return false;
        Current = MultiResult.Read(ref _reader, header);
        return !_reader.Failed;
    }
}
