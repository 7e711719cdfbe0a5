using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Clients;

/// <summary>
/// Writes the watches that a new connection must set again, as setWatches2 frames none of which is longer than a bound. ZooKeeper's
/// clients once put them all into one, which a server refused as too long, again at each reconnect, for ever (S-28).
/// </summary>
internal ref struct Rearming(JuteWriter writer, Zxid seen, int bytesMax)
{
    private const int None = -1;
    private const int Lists = 5;

    private int _frame = None;
    private int _list;
    private int _gap;
    private int _count;

    /// <summary>How many frames were begun.</summary>
    public int Frames { get; private set; }

    /// <summary>Writes the whole book; the number of frames it took.</summary>
    public static int Write(WatchBook book, JuteWriter writer, Zxid seen, int bytesMax)
    {
        var rearming = new Rearming(writer, seen, bytesMax);
        for (var list = 0; list < Lists; list++)
            for (var entry = 0; entry < book.Entries; entry++)
                if ((book.KindsAt(entry) & (Watching)(1 << list)) != 0)
                    rearming.Add(list, book.PathAt(entry));
        rearming.End();
        return rearming.Frames;
    }

    private void Add(int list, ReadOnlySpan<byte> path)
    {
        var countsToCome = (Lists - 1 - _list) * sizeof(int);
        if (_frame != None && writer.Position - _frame + sizeof(int) + path.Length + countsToCome > bytesMax)
            End();
        if (_frame == None)
            Begin();
        MoveTo(list);
        writer.Buffer(path);
        _count++;
    }

    private void Begin()
    {
        Frames++;
        _frame = writer.BeginFrame();
        new RequestHeader(SetWatchesRequest.Xid, OpCode.SetWatches2).Write(writer);
        writer.Long(seen.Value);
        (_gap, _list, _count) = (writer.Gap(), 0, 0);
    }

    private void MoveTo(int list)
    {
        while (_list < list)
        {
            writer.Patch(_gap, _count);
            (_gap, _list, _count) = (writer.Gap(), _list + 1, 0);
        }
    }

    private void End()
    {
        if (_frame == None)
            return;
        MoveTo(Lists - 1);
        writer.Patch(_gap, _count);
        writer.EndFrame(_frame);
        _frame = None;
    }
}
