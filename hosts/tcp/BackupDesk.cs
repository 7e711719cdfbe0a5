namespace Quorate.Hosts.Tcp;

/// <summary>A finished backup: which snapshot file to copy, and what belongs in front of it.</summary>
/// <param name="Snapshot">The number of the snapshot.</param>
/// <param name="Header">The header's bytes.</param>
internal sealed record BackupReady(ulong Snapshot, byte[] Header);

/// <summary>How a backup stands: still under way, ready, or failed.</summary>
/// <param name="Lag">How many entries the member is behind; null if it has no leader.</param>
/// <param name="Ready">What there is to copy, when it is ready.</param>
/// <param name="Failure">Why there will be none.</param>
internal readonly record struct BackupNews(long? Lag, BackupReady? Ready, string? Failure)
{
    public bool IsFinal => Ready is not null || Failure is not null;
}

/// <summary>
/// Passes an operator's wish for a backup on to the kernel thread, and what comes of it back. One at a time; others wait for their turn.
/// </summary>
internal sealed class BackupDesk(Mailbox<Mail> mailbox) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _turn = new(1);
    private TaskCompletionSource _changed = NewChange();
    private ulong _begun;         // how many were asked for; the last one is under way
    private BackupStage _stage, _told;
    private BackupNews _news;
    private volatile bool _isWatching;

    /// <summary>Whether somebody waits for news.</summary>
    public bool IsWatching => _isWatching;

    /// <summary>Looks at the server behind every batch while somebody waits. On the kernel thread.</summary>
    public void See(Server server)
    {
        lock (_gate)
        {
            if (server.BackupsBegun != _begun)
                return;   // it has not heard of this one yet
            var isChanged = _stage != server.BackupStage;
            _stage = server.BackupStage;
            _news = new(
                server.BackupLag,
                _stage != BackupStage.Ready ? null : _news.Ready ?? new(server.BackupSnapshot, server.BackupHeaderBytes),
                server.BackupFailure);
            if (!isChanged)
                return;
            _changed.SetResult();
            _changed = NewChange();
        }
    }

    /// <summary>Waits for the turn and asks for a backup; <see cref="End"/> must follow.</summary>
    public async Task Begin(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        lock (_gate)
            (_begun, _stage, _told, _news) = (_begun + 1, BackupStage.None, BackupStage.None, default);
        _isWatching = true;
        mailbox.PutUrgent(Mail.Of(OperatorRequest.Backup));
    }

    /// <summary>What there is to tell when something has changed, or after a while.</summary>
    public async Task<BackupNews> Next(TimeSpan patience, CancellationToken cancel)
    {
        Task changed;
        lock (_gate)
            changed = _stage != _told ? Task.CompletedTask : _changed.Task;
        try
        {
            await changed.WaitAsync(patience, cancel);
        }
        catch (TimeoutException)
        {
            // Nothing has changed but perhaps how far behind the member is.
        }
        lock (_gate)
        {
            _told = _stage;
            return _news;
        }
    }

    /// <summary>The backup was copied or is no longer wanted. The server hears so before it hears of the next.</summary>
    public void End()
    {
        _isWatching = false;
        mailbox.PutUrgent(Mail.Of(OperatorRequest.EndBackup));
        _turn.Release();
    }

    public void Dispose() => _turn.Dispose();

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
