using System.Security.Cryptography.X509Certificates;
using Quorate.Hosts.Tcp;

namespace Quorate.Tests.Hosts;

public class SubjectNameTests
{
    /// <summary>Names as OpenSSL encodes them, and what Java 17's X500Principal.getName() says of each.</summary>
    [Theory]
    [InlineData(
        "MIGEMQswCQYDVQQGEwJERTEPMA0GA1UECAwGQmF5ZXJuMR0wGwYDVQQKDBRNw7xsbGVyLCBTw7ZobmUgJiBDbzEMMAoGA1UECwwDeD15MSEwDQYDVQQDDAZjbGllbnQwEAYKCZImiZPyLGQBAQwCdTExFDASBgkqhkiG9w0BCQEWBWFAYi5j",
        @"1.2.840.113549.1.9.1=#16056140622e63,CN=client+UID=u1,OU=x\=y,O=Müller\, Söhne & Co,ST=Bayern,C=DE")]
    [InlineData(
        "MG8xEzARBgoJkiaJk/IsZAEZFgNvcmcxFzAVBgoJkiaJk/IsZAEZFgdleGFtcGxlMQ0wCwYDVQQHDARIZXJlMRYwFAYDVQQDDA0gI2xlYWQgdHJhaWwgMQswCQYDVQQFEwIxMjELMAkGA1UEDAwCRHI=",
        @"2.5.4.12=#0c024472,2.5.4.5=#13023132,CN=\ \#lead trail\ ,L=Here,DC=example,DC=org")]
    [InlineData("MCQxFjAUBgNVBAoMDWE8Yj5jO2QiZVxmI2cxCjAIBgNVBAMMAXg=", @"CN=x,O=a\<b\>c\;d\""e\\f\#g")]
    public void A_name_is_written_as_Java_writes_it(string encoded, string text) =>
        Assert.Equal(text, SubjectName.Text(new X500DistinguishedName(Convert.FromBase64String(encoded))));
}
