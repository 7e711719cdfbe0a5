using System.Net.Security;
using System.Text;

namespace Quorate.Client.Extensions;

/// <summary>How an application's client finds its servers and behaves. The section <c>QuorateClient</c> of its settings.</summary>
public sealed class QuorateClientOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "QuorateClient";

    /// <summary>Where the servers are: <c>host:2181,host:2181/chroot</c>. It has to be set.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>The session timeout to ask for.</summary>
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long each attempt looks for a server that opens a session.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Makes the chroot's znodes if they do not exist.</summary>
    public bool CreateChroot { get; set; }

    /// <summary>Below which znode services are registered.</summary>
    public string ServicesRoot { get; set; } = ServiceRegistry.DefaultRoot;

    /// <summary>An identity to show in every session, for the scheme digest: <c>user:password</c>. Null for none.</summary>
    public string? Credential { get; set; }

    /// <summary>Whether to speak TLS, to servers whose certificates this computer trusts.</summary>
    public bool UseTls { get; set; }

    /// <param name="transport">The world to live in; null for TCP.</param>
    /// <param name="callbackFailed">Takes what callbacks throw.</param>
    internal QuorateConnection Connect(ClientTransport? transport, Action<Exception>? callbackFailed = null)
    {
        var options = new ZooClientOptions
        {
            ConnectionString = ConnectionString,
            SessionTimeout = SessionTimeout,
            ConnectTimeout = ConnectTimeout,
            CreateChroot = CreateChroot,
            Tls = UseTls ? new SslClientAuthenticationOptions() : null,
            Transport = transport,
            CallbackFailed = callbackFailed,
        };
        return Credential is not { } credential
            ? new(options)
            : new(options, (client, cancellation) => client.AddAuthAsync("digest", Encoding.UTF8.GetBytes(credential), cancellation));
    }
}
