using System.Diagnostics;

namespace Quorate.Tests.Foreign;

/// <summary>quorate serve with files that cannot be used for TLS: one line that names the file and the remedy, and no server.</summary>
public sealed class SecurePortRefusals(TlsAuthority authority) : IClassFixture<TlsAuthority>
{
    [Theory]
    [InlineData("server.p12", "wrong", "is wrong")]
    [InlineData("server.p12", "", "is wrong")]
    [InlineData("locked.pem", "wrong", "is wrong")]
    [InlineData("locked.pem", "", "Set ssl.keyStore.password")]
    [InlineData("server.crt", "", "no private key")]
    [InlineData("missing.pem", "", "Could not find file")]
    [InlineData("names", "", "not a readable PEM or PKCS#12 file")]
    [InlineData("store.jks", TlsAuthority.Password, "keytool -importkeystore")]
    public async Task A_key_store_that_cannot_be_used(string file, string password, string part)
    {
        Tools.NeedOpenSsl();
        if (file == "store.jks")
            await MakeJavaKeyStore();
        var (code, _, errors) = await QuorateProcess.Run(TestContext.Current.CancellationToken,
            "serve", "--dataDir", authority["data"], "--secureClientPort", "1", "--clientPort", "0",
            "--ssl.keyStore.location", authority[file], "--ssl.keyStore.password", password, "--ssl.trustStore.location", authority["authority.pem"]);
        Assert.Equal(1, code);
        var line = Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("quorate: ssl.keyStore.location=" + authority[file], line, StringComparison.Ordinal);
        Assert.Contains(part, line, StringComparison.Ordinal);
        Assert.False(Directory.Exists(authority["data"]));
    }

    private async Task MakeJavaKeyStore()
    {
        Tools.NeedKeytool();
        var (code, output) = await Script.Run(new ProcessStartInfo(Tools.Keytool!,
        [
            "-importkeystore", "-srckeystore", authority["server.p12"], "-srcstorepass", TlsAuthority.Password,
            "-destkeystore", authority["store.jks"], "-deststoretype", "JKS", "-deststorepass", TlsAuthority.Password, "-noprompt",
        ]), TestContext.Current.CancellationToken);
        Assert.True(code == 0, output);
    }
}
