using System.Text;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Wire;

public class DistinguishedNameTests
{
    [Theory]
    [InlineData("CN=client")]
    [InlineData("CN=client,O=Example,C=US")]
    [InlineData("CN = client , O = Example")]
    [InlineData("CN=a+OU=b;O=c")]
    [InlineData("O=\"Example, Inc\",C=US")]
    [InlineData("O=Example\\, Inc,C=US")]
    [InlineData("2.5.4.3=client")]
    [InlineData("CN=")]
    [InlineData("CN=a=b")]
    public void A_list_of_assignments_is_a_name(string text) => Assert.True(DistinguishedName.IsValid(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("")]
    [InlineData("client")]
    [InlineData("=client")]
    [InlineData("CN=client,")]
    [InlineData("CN=client,,O=x")]
    [InlineData("CN=client,O")]
    [InlineData("C N=client")]
    [InlineData("O=\"Example, Inc")]
    [InlineData("O=Example\\")]
    public void Anything_else_is_not(string text) => Assert.False(DistinguishedName.IsValid(Encoding.UTF8.GetBytes(text)));
}
