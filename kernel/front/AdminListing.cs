namespace Quorate.Kernel.Fronts;

/// <summary>Collects what an <see cref="IAdminView"/> lists, and writes it sorted, under headings where there are groups.</summary>
/// <remarks>
/// Words that list things are meant for small servers and rare moments, so what is collected is bounded, by number and by bytes, and a last
/// line says how much was left out.
/// </remarks>
internal sealed class AdminListing(Moment now, ConnectionForm form = ConnectionForm.Full) : IAdminListing
{
    /// <summary>At most this many lines are collected, and about this many bytes.</summary>
    public const int LinesMax = 100_000;
    /// <inheritdoc cref="LinesMax"/>
    public const int BytesMax = 4 << 20;

    /// <summary>A line, what it is listed under (a session, or the second of a deadline), and its number there.</summary>
    private readonly record struct Item(long Group, ulong Number, Slice Line);

    private readonly Arena _lines = new();
    private Item[] _items = [];
    private int _count, _leftOut;

    /// <inheritdoc/>
    public void Connection(in ConnectionView connection)
    {
        if (form == ConnectionForm.Owner && connection.Deadline == Instant.Never)
            return;
        var start = _lines.Length;
        ConnectionText.Write(new(_lines), connection, form, now);
        Collect(form == ConnectionForm.Owner ? SecondOf(connection.Deadline) : 0, connection.Id.Value, start);
    }

    /// <inheritdoc/>
    public void Session(SessionId session, Instant deadline)
    {
        var start = _lines.Length;
        new AdminText(_lines).Add("0x"u8).Hex(session.Value);
        Collect(SecondOf(deadline), (ulong)session.Value, start);
    }

    /// <inheritdoc/>
    public void Path(SessionId session, ReadOnlySpan<byte> path) => Collect(session.Value, 0, _lines.Append(path).Offset);

    /// <summary>Writes the lines in the order of their numbers.</summary>
    public void WriteLines(AdminText text)
    {
        Sort((a, b) => a.Number.CompareTo(b.Number));
        foreach (var item in _items.AsSpan(0, _count))
            text.Add(LineOf(item)).Line();
        WriteLeftOut(text);
    }

    /// <summary>How many groups there are; sorts by group.</summary>
    public int Groups()
    {
        Sort((a, b) => Compare(a, b));
        var groups = 0;
        for (var at = 0; at < _count; at += GroupLength(at))
            groups++;
        return groups;
    }

    /// <summary>Writes how many sets and lines there are, then what expires together under one heading, the soonest first.</summary>
    public void WriteByDeadline(AdminText text)
    {
        text.Add("("u8).Add(Groups()).Add(")/("u8).Add(_count).Add("):"u8).Line();
        for (int at = 0, length; at < _count; at += length)
        {
            length = GroupLength(at);
            text.Add(length).Add(" expire at "u8).Date(new(1000 * _items[at].Group)).Add(":"u8).Line();
            WriteGroup(text, at, length);
        }
        WriteLeftOut(text);
    }

    /// <summary>Writes each session, in ascending order, with its paths under it.</summary>
    public void WriteBySession(AdminText text, ReadOnlySpan<byte> behindSession)
    {
        Groups();
        for (int at = 0, length; at < _count; at += length)
        {
            length = GroupLength(at);
            text.Add("0x"u8).Hex(_items[at].Group).Add(behindSession).Line();
            WriteGroup(text, at, length);
        }
        WriteLeftOut(text);
    }

    /// <summary>Writes each path, in ascending order, with its sessions under it.</summary>
    public void WriteByPath(AdminText text)
    {
        Sort((a, b) => LineOf(a).SequenceCompareTo(LineOf(b)) is var order && order != 0 ? order : a.Group.CompareTo(b.Group));
        for (var i = 0; i < _count; i++)
        {
            if (i == 0 || !LineOf(_items[i]).SequenceEqual(LineOf(_items[i - 1])))
                text.Add(LineOf(_items[i])).Line();
            text.Add("\t0x"u8).Hex(_items[i].Group).Line();
        }
        WriteLeftOut(text);
    }

    private void WriteGroup(AdminText text, int at, int length)
    {
        foreach (var item in _items.AsSpan(at, length))
            text.Add("\t"u8).Add(LineOf(item)).Line();
    }

    private void WriteLeftOut(AdminText text)
    {
        if (_leftOut > 0)
            text.Add("... and "u8).Add(_leftOut).Add(" more"u8).Line();
    }

    /// <summary>Takes in the line that was just written, or takes it back if there is no room for it.</summary>
    private void Collect(long group, ulong number, int start)
    {
        if (_count == LinesMax || _lines.Length > BytesMax)
        {
            _lines.CutTo(start);
            _leftOut++;
            return;
        }
        if (_count == _items.Length)
            Array.Resize(ref _items, Math.Max(16, 2 * _count));
        _items[_count++] = new(group, number, new(start, _lines.Length - start));
    }

    private int GroupLength(int at)
    {
        var end = at + 1;
        while (end < _count && _items[end].Group == _items[at].Group)
            end++;
        return end - at;
    }

    private int Compare(in Item a, in Item b)
    {
        if (a.Group != b.Group)
            return a.Group.CompareTo(b.Group);
        return a.Number != b.Number ? a.Number.CompareTo(b.Number) : LineOf(a).SequenceCompareTo(LineOf(b));
    }

    private ReadOnlySpan<byte> LineOf(in Item item) => _lines[item.Line];

    private void Sort(Comparison<Item> order) => _items.AsSpan(0, _count).Sort(order);

    /// <summary>The second of the wall clock in or before which an instant of the monotonic one will have come.</summary>
    private long SecondOf(Instant deadline)
    {
        var milliseconds = now.Wall.Milliseconds + (deadline - now.Instant).Ticks / TimeSpan.TicksPerMillisecond;
        return (milliseconds + 999) / 1000;
    }
}
