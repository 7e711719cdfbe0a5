using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Recipes;

/// <summary>What a contest asks of the service.</summary>
public sealed partial class Contest
{
    private const int IdentityBytes = 16;

    private ReadOnlySpan<byte> Acl => _settings.Acl.IsEmpty ? AclList.Open : _settings.Acl.Span;

    /// <summary>A name's beginning that nobody else uses, with the marker behind it; the service adds the number.</summary>
    private byte[] NewPrefix()
    {
        Span<byte> identity = stackalloc byte[IdentityBytes];
        _dice.Fill(identity);
#if MUTANTS
        if (Mutant.Is(Mutants.OldZnodeAdopted))
        {
            identity.Clear();
            _settings.Data.Span[..Math.Min(IdentityBytes, _settings.Data.Length)].CopyTo(identity);
        }
#endif
        var isCurator = _settings.Discipline.Layout == QueueLayout.Curator;
        var text = Convert.ToHexStringLower(identity);
        if (isCurator)
            text = $"_c_{text[..8]}-{text[8..12]}-{text[12..16]}-{text[16..20]}-{text[20..]}-";
        var prefix = new byte[text.Length + _settings.Discipline.Marker.Length];
        System.Text.Encoding.ASCII.GetBytes(text, prefix);
        _settings.Discipline.Marker.CopyTo(prefix.AsSpan(text.Length));
        return prefix;
    }

    private void Create(RecipeEffects effects)
    {
        var start = effects.Writer.Position;
        RequestRecord.Create(effects.Writer, PathOf(_prefix), _settings.Data.Span, Acl, ZnodeKind.EphemeralSequential);
        _creating = Ask(OpCode.Create, effects, start);
    }

    /// <summary>
    /// Makes the queue's path and what is missing above it: containers, which go when they have been used and left empty.
    /// </summary>
    private void MakeParents(RecipeEffects effects)
    {
        var path = _settings.Path.Span;
        _makingFrom = _lastTicket + 1;
        for (var end = 1; end < path.Length; end++)
        {
            if (end + 1 < path.Length && path[end + 1] != '/')
                continue;
            var start = effects.Writer.Position;
            RequestRecord.Create(effects.Writer, path[..(end + 1)], default, Acl, ZnodeKind.Container);
            _makingTo = Ask(OpCode.CreateContainer, effects, start);
        }
    }

    /// <summary>
    /// Looks for the znode that a lost create may have made. Behind an attach a list shows it, or it will never be; the sync in front is
    /// for servers that may be behind what the former one had passed on.
    /// </summary>
    private void Look(RecipeEffects effects)
    {
        var start = effects.Writer.Position;
        RequestRecord.Path(effects.Writer, _settings.Path.Span);
        Ask(OpCode.Sync, effects, start);
        _looking = AskForQueue(effects);
    }

    /// <summary>Reads one's own znode: is it there, whose is it, what is its token; and be told when anybody deletes it (B14).</summary>
    private void Verify(RecipeEffects effects)
    {
        _isWatched = false;
        _verifying = Watch(_own, effects);
#if MUTANTS
        if (Mutant.Is(Mutants.OwnZnodeUnwatched))
            effects.Unwatch();
#endif
    }

    private void List(RecipeEffects effects)
    {
        _isStale = false;
        _listing = AskForQueue(effects);
    }

    private void Delete(RecipeEffects effects)
    {
        var start = effects.Writer.Position;
        RequestRecord.Versioned(effects.Writer, PathOf(_own), version: -1);
        _deleting = Ask(OpCode.Delete, effects, start);
    }

    /// <summary>
    /// Reads a znode and watches it. Not exists, which would leave a watch behind for a znode that is gone and never comes back.
    /// </summary>
    private ulong Watch(ReadOnlySpan<byte> name, RecipeEffects effects)
    {
        var start = effects.Writer.Position;
        RequestRecord.Read(effects.Writer, PathOf(name), watch: true);
        return Ask(OpCode.GetData, effects, start);
    }

    private ulong AskForQueue(RecipeEffects effects)
    {
        var start = effects.Writer.Position;
        RequestRecord.Read(effects.Writer, _settings.Path.Span, watch: false);
        return Ask(OpCode.GetChildren, effects, start);
    }

    private ulong Ask(OpCode op, RecipeEffects effects, int start)
    {
        effects.Ask(++_lastTicket, op, start);
        return _lastTicket;
    }

    private byte[] PathOf(ReadOnlySpan<byte> name)
    {
        var path = new byte[_settings.Path.Length + 1 + name.Length];
        _settings.Path.Span.CopyTo(path);
        path[_settings.Path.Length] = (byte)'/';
        name.CopyTo(path.AsSpan(_settings.Path.Length + 1));
        return path;
    }

    /// <summary>The name of a znode of this queue; empty for any other path.</summary>
    private ReadOnlySpan<byte> NameIn(ReadOnlySpan<byte> path)
    {
        var length = _settings.Path.Length;
        return path.Length > length && path[length] == '/' && path.StartsWith(_settings.Path.Span) ? path[(length + 1)..] : default;
    }
}
