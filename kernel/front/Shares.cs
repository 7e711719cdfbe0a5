namespace Quorate.Kernel.Fronts;

/// <summary>How far ahead the reads of a connection are promised: answers are made at the pace at which their client takes them.</summary>
/// <remarks>
/// A few bytes ask for a megabyte, a thousand such reads can wait behind one write, and who asks need not read. So a read is served only
/// once it is promised. Few are promised at a time, twice as many each time as long as the answers are small, one when they were large; none
/// while the connection has had its share of the batch, or while the host says that its client does not read.
/// <para>
/// What is promised is answered whatever happens then: a write behind it may have been proposed, and everybody's entries wait for a read
/// that stands before a committed one (A1).
/// </para>
/// </remarks>
internal sealed class Shares(Limits limits)
{
    /// <summary>How many reads of a new connection are promised.</summary>
    public const int FirstWindow = 2;

    private readonly Ring<Connection> _sated = new(int.MaxValue);
    private ulong _batch;

    /// <summary>Whether there are connections that go on in the next batch.</summary>
    public bool AnyWaits => _sated.Count > 0;

    /// <summary>Whether the next read of a connection may be promised.</summary>
    public bool MayPromise(Connection connection) =>
        connection.Promised < connection.Window && !connection.IsSated && !connection.IsStalled;

    /// <summary>A read was answered with so many bytes.</summary>
    public void Answered(Connection connection, int bytes)
    {
        if (connection.ShareBatch != _batch)
            (connection.ShareBatch, connection.ShareBytes) = (_batch, 0);
        connection.ShareBytes += bytes;
        if (connection.ShareBytes < limits.AnswerBytesPerBatch || connection.IsSated)
            return;
        connection.IsSated = true;
        connection.Window = 1;
        _sated.Enqueue(connection);
    }

    /// <summary>Everything that was promised is answered; if that was little, more is promised next time.</summary>
    public void Kept(Connection connection)
    {
        if (connection.ShareBytes <= limits.AnswerBytesPerBatch / 4)
            connection.Window = Math.Min(connection.Window * 2, limits.ReadsPromised);
    }

    /// <summary>A batch begins: those who had their share go on.</summary>
    public void Renew() => _batch++;

    /// <summary>Takes one of those who had their share of the batch before.</summary>
    public bool TryTake(out Connection connection)
    {
        connection = null!;
        if (_sated.Count == 0)
            return false;
        connection = _sated.Dequeue();
        connection.IsSated = false;
        return true;
    }

    /// <summary>Forgets everyone: all connections have been hung up.</summary>
    public void Clear() => _sated.Clear();
}
