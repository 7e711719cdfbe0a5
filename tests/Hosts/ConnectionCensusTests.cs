using System.Net;
using Quorate.Hosts.Tcp;

namespace Quorate.Tests.Hosts;

public class ConnectionCensusTests
{
    private static readonly IPAddress One = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress Two = IPAddress.Parse("10.0.0.2");

    [Fact]
    public void An_address_over_its_limit_is_refused_and_others_are_not()
    {
        var census = new ConnectionCensus(2, 100);
        Assert.Null(census.Enter(One));
        Assert.Null(census.Enter(One));
        Assert.Contains("maxClientCnxns", census.Enter(One), StringComparison.Ordinal);
        Assert.Null(census.Enter(Two));
        census.Leave(One);
        Assert.Null(census.Enter(One));
        Assert.Equal(3, census.Count);
    }

    [Fact]
    public void Beyond_the_limit_of_all_everyone_is_refused()
    {
        var census = new ConnectionCensus(0, 2);
        Assert.Null(census.Enter(One));
        Assert.Null(census.Enter(One));
        Assert.Contains("maxCnxns", census.Enter(Two), StringComparison.Ordinal);
        census.Leave(One);
        Assert.Null(census.Enter(Two));
    }
}
