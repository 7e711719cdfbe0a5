using System.Globalization;
using System.Text;

namespace Quorate.Client;

/// <summary>
/// A number that many change. It is kept as decimal text, as kazoo's Counter does; a znode that is not there counts as 0.
/// </summary>
/// <remarks>
/// Each change says which version it saw, so none is lost and none is made twice unnoticed. What nobody knows is said: after an
/// <see cref="UnknownOutcomeException"/> the change may have been made, and only a caller who knows who else changes the number can tell by
/// reading it.
/// </remarks>
/// <param name="client">The session it is used under.</param>
/// <param name="path">The znode. It stays.</param>
public sealed class SharedCounter(ZooClient client, string path)
{
    private const int ShownAtMost = 40;

    /// <summary>The number now.</summary>
    /// <exception cref="InvalidDataException">The znode does not hold a number.</exception>
    public async Task<long> GetAsync(CancellationToken cancellation = default) => (await Read(cancellation)).Value;

    /// <summary>Adds to the number, and tells what it was made. Others who change it meanwhile only cost a further attempt.</summary>
    /// <exception cref="UnknownOutcomeException">The connection broke: it may or may not have been added.</exception>
    /// <exception cref="ConnectionLossException">The connection broke, and nothing was added.</exception>
    /// <exception cref="OverflowException">The sum does not fit.</exception>
    /// <exception cref="InvalidDataException">The znode does not hold a number.</exception>
    public async Task<long> AddAsync(long difference, CancellationToken cancellation = default)
    {
        while (true)
        {
            var (value, version) = await Read(cancellation);
            var sum = checked(value + difference);
            if (await TryWrite(sum, version, cancellation))
                return sum;
        }
    }

    /// <summary>Sets the number if it is <paramref name="expected"/>. False if it is another.</summary>
    /// <exception cref="UnknownOutcomeException">The connection broke: it may or may not have been set.</exception>
    /// <exception cref="ConnectionLossException">The connection broke, and nothing was set.</exception>
    /// <exception cref="InvalidDataException">The znode does not hold a number.</exception>
    public async Task<bool> TrySetAsync(long expected, long value, CancellationToken cancellation = default)
    {
        while (true)
        {
            var (present, version) = await Read(cancellation);
            if (present != expected)
                return false;
            if (await TryWrite(value, version, cancellation))
                return true;
        }
    }

    /// <summary>The number and its version; no version if there is no znode.</summary>
    private async Task<(long Value, int? Version)> Read(CancellationToken cancellation)
    {
        try
        {
            var (data, stat) = await client.GetDataAsync(path, cancellation);
            if (long.TryParse(data, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
                return (value, stat.Version);
            var text = Encoding.UTF8.GetString(data.AsSpan(0, Math.Min(data.Length, ShownAtMost)));
            throw new InvalidDataException($"{path} does not hold a number but '{text}': give the counter a znode of its own.");
        }
        catch (NoNodeException)
        {
            return (0, null);
        }
    }

    /// <summary>Writes it unless somebody else was faster.</summary>
    private async Task<bool> TryWrite(long value, int? version, CancellationToken cancellation)
    {
        var text = Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));
        try
        {
            if (version is { } seen)
                await client.SetDataAsync(path, text, seen, cancellation);
            else
                await client.CreateBelowContainers(path, text, ZnodeKind.Persistent, cancellation);
            return true;
        }
        catch (ZooException faster) when (faster is BadVersionException or NodeExistsException or NoNodeException)
        {
            return false;
        }
    }
}
