using System.Diagnostics;

namespace Quorate.Tests.Crashes;

/// <summary>
/// A session whose client went away without a word: it lives on for its timeout after every start of the server, with its ephemeral
/// node, and then both are gone.
/// </summary>
internal sealed class Abandoned
{
    private static readonly TimeSpan ExpiryPatience = TimeSpan.FromSeconds(90);
    private readonly string _path;
    private readonly long _session;
    private readonly byte[] _password;
    private readonly TimeSpan _timeout;
    private bool _due;

    private Abandoned(string path, RawClient client)
    {
        (_path, _session, _password) = (path, client.Session, client.Password);
        _timeout = TimeSpan.FromMilliseconds(client.Timeout);
    }

    public static async Task<Abandoned> Leave(int port, string path, int timeout, CancellationToken cancel)
    {
        using var client = await RawClient.Connect(port, timeout, cancel);
        Assert.Equal(0, (await client.Create(path, [], 1, cancel)).Error);
        return new(path, client);
    }

    /// <summary>Tells how long the server has been up: from its timeout on, nothing follows from the session's end any more.</summary>
    public void WasUp(TimeSpan time) => _due |= time >= _timeout;

    /// <summary>Before its timeout in the life of a server the session lives, and its node with it.</summary>
    public async Task VerifyAlive(RawClient observer, Stopwatch up, CancellationToken cancel)
    {
        var node = await observer.Exists(_path, cancel);
        WasUp(up.Elapsed);
        Assert.True((node.Error == 0 && node.EphemeralOwner == _session) || _due,
            $"{_path} of session {_session:x} is gone {up.Elapsed} after the start, before its timeout of {_timeout}");
    }

    /// <summary>Left alone, the session ends, and the node with it.</summary>
    public async Task VerifyExpires(int port, RawClient observer, CancellationToken cancel)
    {
        var waited = Stopwatch.StartNew();
        while ((await observer.Exists(_path, cancel)).Error == 0)
        {
            Assert.True(waited.Elapsed < ExpiryPatience, $"{_path} is still there {waited.Elapsed} after the storm");
            await Task.Delay(50, cancel);
        }
        using var reattached = await RawClient.Connect(port, (int)_timeout.TotalMilliseconds, cancel, _session, _password);
        Assert.Equal(0, reattached.Timeout);
    }
}
