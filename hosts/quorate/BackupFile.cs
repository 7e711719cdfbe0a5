using Microsoft.Win32.SafeHandles;
using Quorate.Hosts.Tcp;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Cli;

/// <summary>
/// A backup file on its way: written under another name, flushed, read again from its first byte to its last, and only then given its own.
/// </summary>
/// <remarks>It holds the passwords of sessions and whatever clients have stored, so nobody but its owner may read it.</remarks>
internal sealed class BackupFile : IDisk
{
    private const int HeaderBytes = BackupReading.HeaderBytes;
    private const int CopyBytes = 1 << 20;

    private readonly string _path;
    private readonly bool _replaces;
    private readonly SafeFileHandle _handle;
    private bool _isFinished;

    /// <summary>Begins a file.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="replaces">Whether a file of that name may be replaced.</param>
    /// <exception cref="StartRefusedException">There is one, or none can be made.</exception>
    public BackupFile(string path, bool replaces)
    {
        (_path, _replaces) = (Path.GetFullPath(path), replaces);
        if (Directory.Exists(_path))
            throw new StartRefusedException($"{_path} is a folder. Give the name of a file: --to FILE.");
        if (!Directory.Exists(Path.GetDirectoryName(_path)))
            throw new StartRefusedException($"{_path} cannot be made: the folder {Path.GetDirectoryName(_path)} does not exist.");
        if (!replaces && File.Exists(_path))
            throw new StartRefusedException($"{_path} exists. Choose another name, or --force to replace it when the new one is whole.");
        try
        {
            _handle = new FileStream(PartPath, Private(FileMode.Create)).SafeFileHandle;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"{PartPath} cannot be written: {e.Message}", e);
        }
    }

    private string PartPath => _path + ".part";

    /// <summary>Reads a backup, whatever it may be.</summary>
    /// <exception cref="StartRefusedException">The file cannot be read.</exception>
    public static BackupReading Read(string path)
    {
        try
        {
            using var file = new FileStream(path, new FileStreamOptions { BufferSize = CopyBytes, Options = FileOptions.SequentialScan });
            var reading = new BackupReading();
            byte[] buffer = [];
            while (reading.Wanted > 0)
            {
                // No more than there is, however much is wanted.
                var wanted = (int)Math.Min(reading.Wanted, file.Length - file.Position);
                if (buffer.Length < wanted)
                    buffer = new byte[Math.Min(Array.MaxLength, Math.Max(wanted, 2 * buffer.Length))];
                reading.Give(buffer.AsSpan(0, file.ReadAtLeast(buffer.AsSpan(0, wanted), wanted, throwOnEndOfStream: false)));
            }
            return reading;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"{path} cannot be read: {e.Message}", e);
        }
        catch (BrokenInvariantException e)
        {
            // All checksums are right and the content is not: a bug of whoever wrote it.
            throw new StartRefusedException($"{path}: its content is whole, but it is not a state that could be loaded: {e.Message}.", e);
        }
    }

    /// <summary>Takes the header.</summary>
    public void WriteHeader(ReadOnlySpan<byte> header) => RandomAccess.Write(_handle, header, 0);

    /// <summary>Takes a snapshot that is there.</summary>
    public void CopySnapshot(string path)
    {
        using var source = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        var buffer = new byte[CopyBytes];
        for (long at = 0; RandomAccess.Read(source, buffer, at) is > 0 and var read; at += read)
            RandomAccess.Write(_handle, buffer.AsSpan(0, read), HeaderBytes + at);
    }

    /// <summary>Makes the file durable, reads it again, and gives it its name.</summary>
    /// <exception cref="StartRefusedException">It is not what was written, or another took its name.</exception>
    public BackupSummary Finish()
    {
        RandomAccess.FlushToDisk(_handle);
        var reading = Read(PartPath);
        if (reading.Summary is not { } summary)
            throw new StartRefusedException($"{PartPath} is not what was written: {reading.Refusal} Look at the disk.");
        File.Move(PartPath, _path, _replaces);
        _isFinished = true;
        FolderFlush.Flush(Path.GetDirectoryName(_path)!);
        return summary;
    }

    public DiskOutcome Write(DiskFile file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        RandomAccess.Write(_handle, buffers, HeaderBytes + offset);
        return DiskOutcome.Done;
    }

    public DiskOutcome Flush(DiskFile file)
    {
        RandomAccess.FlushToDisk(_handle);
        return DiskOutcome.Done;
    }

    public DiskOutcome Read(DiskFile file, long offset, Span<byte> into, out int found)
    {
        found = 0;
        return DiskOutcome.Failed;
    }

    public DiskOutcome Drop(DiskFile file) => DiskOutcome.Failed;

    public DiskOutcome List(Arena into) => DiskOutcome.Failed;

    public void Dispose()
    {
        _handle.Dispose();
        if (!_isFinished)
            File.Delete(PartPath);
    }

    private static FileStreamOptions Private(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
