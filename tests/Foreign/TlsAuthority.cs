using System.Diagnostics;
using Quorate.Tests.Hosts;

namespace Quorate.Tests.Foreign;

/// <summary>
/// A certificate authority as an operator makes one with openssl, and what it gives out: a server's certificate, those of the clients alice
/// and bob, one that has expired. Beside them a stranger's, which another authority has signed: himself.
/// </summary>
public sealed class TlsAuthority : IDisposable
{
    /// <summary>The password of every file that has one.</summary>
    public const string Password = "open sesame";

    /// <summary>Alice as her access control entries name her: as Java writes her certificate's subject.</summary>
    public const string Alice = @"CN=alice,O=Example\, Inc,C=DE";

    private readonly TempFolder _folder = new();

    /// <summary>Makes everything.</summary>
    public TlsAuthority()
    {
        if (Tools.OpenSsl is null)
            return;
        Key("authority");
        Run("req", "-x509", "-new", "-key", "authority.key", "-subj", "/CN=Test Authority", "-days", "2", "-out", "authority.pem");
        File.WriteAllText(this["names"], "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
        Issue("server", "/CN=localhost", "2", "-extfile", "names");
        Issue("alice", "/C=DE/O=Example, Inc/CN=alice", "2");
        Issue("bob", "/CN=bob", "2");
        Issue("late", "/CN=late", "-1");
        Key("stranger");
        Run("req", "-x509", "-new", "-key", "stranger.key", "-subj", "/CN=stranger", "-days", "2", "-out", "stranger.crt");
        File.WriteAllText(this["server.pem"], string.Concat(
            ((string[])["server.key", "server.crt", "authority.pem"]).Select(name => File.ReadAllText(this[name]))));
        Store("server.p12", "-inkey", "server.key", "-in", "server.crt", "-certfile", "authority.pem");
        Run("pkcs8", "-topk8", "-v2", "aes256", "-in", "server.key", "-passout", $"pass:{Password}", "-out", "locked.key");
        File.WriteAllText(this["locked.pem"], File.ReadAllText(this["server.crt"]) + File.ReadAllText(this["locked.key"]));
        Store("alice.p12", "-inkey", "alice.key", "-in", "alice.crt");
    }

    /// <summary>The folder of the files: NAME.key and NAME.crt of each, server.pem and the .p12 of those that have one, authority.pem.</summary>
    public string Folder => _folder.Path;

    /// <summary>The path of a file.</summary>
    public string this[string name] => _folder[name];

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private void Issue(string name, string subject, string days, params string[] extensions)
    {
        Key(name);
        Run("req", "-new", "-key", $"{name}.key", "-subj", subject, "-out", $"{name}.csr");
        Run(["x509", "-req", "-in", $"{name}.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-days", days,
            "-out", $"{name}.crt", .. extensions]);
    }

    private void Key(string name) => Run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", $"{name}.key");

    private void Store(string name, params string[] content) => Run(["pkcs12", "-export", .. content, "-passout", $"pass:{Password}", "-out", name]);

    private void Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Tools.OpenSsl!, arguments) { WorkingDirectory = Folder, RedirectStandardError = true })!;
        var output = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"openssl {string.Join(' ', arguments)}\n{output}");
    }
}
